"""Templates and what the reference renders from them: writes tests/data/templates.json.

    python3 tests/reference/templates.py     (needs transformers 5 with jinja2 3.1)

The environment is transformers' own (trim_blocks, lstrip_blocks, sandbox, tojson), with a fixed date.
A case that the reference refuses has no "expected": it must be refused here, too. The templates are
written for this test; they use what published chat templates use.
"""

import json
import os
from datetime import datetime

import transformers.utils.chat_template_utils as reference

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "templates.json")
DATE = "2026-03-09"

USER = {"role": "user", "content": "What is 2+2? <b>\n"}
SYSTEM = {"role": "system", "content": "Be \"brief\".\n"}
ASSISTANT = {"role": "assistant", "content": "<think>\nhm\n</think>\n\n It is 4. "}
PARTS = {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]}
TOOLS = [{"type": "function", "function": {"name": "f", "description": "does 'x' & é", "parameters": {
    "type": "object", "properties": {"n": {"type": "integer", "default": 3}, "s": {"type": "string", "enum": ["p", "q"]}},
    "required": ["n"]}}}]
CALL = {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": {
    "name": "f", "arguments": {"n": 2, "x": None, "y": True, "z": 1.5e-7}}}]}
RESULT = {"role": "tool", "content": "42"}
CHATS = {"user": [USER], "system": [SYSTEM, USER], "turns": [SYSTEM, USER, ASSISTANT, USER], "done": [USER, ASSISTANT],
         "tools": [USER, CALL, RESULT, USER], "parts": [PARTS], "wrong": [ASSISTANT, USER], "empty": []}

# ---- whole templates, in the manner of the families ----

CHATML = """{% for message in messages %}
{% if loop.first and message['role'] != 'system' %}{{ '<|im_start|>system\\nNone given.<|im_end|>\\n' }}{% endif %}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] | string + '<|im_end|>' + '\\n' }}
{% endfor %}
{% if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{% endif %}
"""

INST = """{% if messages[0]['role'] == 'system' %}
    {% set rest = messages[1:] %}
    {% set system = '<<S>>\\n' + messages[0]['content'].strip() + '\\n<</S>>\\n\\n' %}
{% else %}
    {% set rest = messages %}
    {% set system = '' %}
{% endif %}
{% for m in rest %}
    {% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{ raise_exception('roles must alternate, not ' ~ m.role) }}
    {% endif %}
    {% if m.role == 'user' %}
        {{ bos_token + '[INST] ' + (system if loop.index0 == 0 else '') + m.content | trim + ' [/INST]' }}
    {% elif m.role == 'assistant' %}
        {{ ' ' + m['content'] | trim + ' ' + eos_token }}
    {% endif %}
{% endfor %}
"""

HEADERS = """{{- bos_token }}
{%- if date_string is not defined %}
    {%- set date_string = strftime_now("%d %b %Y") %}
{%- endif %}
{%- if not tools is defined %}{%- set tools = none %}{%- endif %}
{#- a comment
    of two lines #}
{%- if messages and messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|head|>system<|/head|>\\n\\nToday Date: " + date_string + "\\n\\n" }}
{%- if tools is not none %}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- system_message }}{{- "<|eot|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|head|>' + message['role'] + '<|/head|>\\n\\n'+ message['content'] | trim + '<|eot|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}{{- raise_exception("only one call") }}{%- endif %}
        {%- set call = message.tool_calls[0].function %}
        {{- '{"name": "' + call.name + '", "parameters": ' }}{{- call.arguments | tojson }}{{- "}<|eot|>" }}
    {%- elif message.role == "tool" %}
        {%- if message.content is mapping or (message.content is iterable and message.content is not string) %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|head|>assistant<|/head|>\\n\\n' }}{%- endif %}
"""

THINKING = """{%- set ns = namespace(multi=true, last=messages|length - 1, is_first=false, text='') %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi and message.role == "user" and message.content is string and not(message.content.startswith('<r>') and message.content.endswith('</r>')) %}
        {%- set ns.multi = false %}
        {%- set ns.last = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if message.role == "assistant" %}
        {%- set reasoning = '' %}
        {%- if message.reasoning is string %}
            {%- set reasoning = message.reasoning %}
        {%- elif '</think>' in content %}
            {%- set reasoning = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last and (loop.last or reasoning) %}
            {{- '<a>\\n<think>\\n' + reasoning.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<a>\\n' + content }}
        {%- endif %}
        {%- for call in message.tool_calls or [] %}
            {%- if (loop.first and content) or (not loop.first) %}{{- '\\n' }}{%- endif %}
            {%- if call.function %}{%- set call = call.function %}{%- endif %}
            {{- call.name }}: {{ call.arguments if call.arguments is string else call.arguments | tojson }}
        {%- endfor %}
    {%- elif message.role == "tool" %}
        {%- if loop.first or messages[loop.index0 - 1].role != "tool" %}{{- '<u>' }}{%- endif %}
        {{- '<r>' }}{{- content }}{{- '</r>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}{{- '</u>\\n' }}{%- endif %}
    {%- else %}
        {{- '<' + message.role[0] + '>' + content }}
        {%- set ns.text = ns.text + content %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<a>\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}{{ ns.text | length }}"""

MACROS = """{%- macro kind(spec, required, is_nullable=false) -%}
    {%- if spec.type == "array" -%}
        {{- kind(spec['items'], required) + "[]" }}
    {%- elif spec.enum -%}
        {{- '"' + spec.enum|join('" | "') + '"' -}}
    {%- elif spec.type == "object" and spec.properties -%}
        {
        {%- for name, inner in spec.properties.items() -%}
            {{- "\\n" + name -}}
            {%- if name not in (spec.required or []) -%}?{%- endif -%}
            {{- ": " }}{{ kind(inner, spec.required or []) }}
            {%- if inner.default is defined %} // default: {{ inner.default|tojson }}{%- endif -%}
            {%- if not loop.last %},{% endif -%}
        {%- endfor %}
}
    {%- else -%}
        {{- spec.type | default('any') }}{% if is_nullable %} | null{% endif -%}
    {%- endif -%}
{%- endmacro -%}
{%- macro all(tools) -%}
    {{- "## functions\\n\\n" }}
    {%- for tool in tools %}
        {%- set tool = tool.function %}
        {{- "// " + tool.description + "\\n" }}type {{ tool.name }} = (_: {{ kind(tool.parameters, is_nullable=true, required=[]) }}) => any;
    {%- endfor %}
{%- endmacro %}
{%- if model_identity is not defined %}{%- set model_identity = "A model." %}{%- endif %}
{{- "<|start|>system<|message|>" + model_identity + "\\nCurrent date: " + strftime_now("%Y-%m-%d") + "\\n" }}
{%- if tools %}{{- all(tools) }}{% endif -%}
{%- for message in loop_messages | default(messages) -%}
    {%- if message.role in ('user', 'system') -%}
        {%- set text = message.content if message.content is string else message.content | selectattr('type', 'equalto', 'text') | map(attribute='text') | join('+') -%}
        {{- "<|start|>" + message.role + "<|message|>" + text + "<|end|>" }}
    {%- elif message.tool_calls is defined and message.tool_calls -%}
        {%- for call in message.tool_calls if call.type == 'function' -%}{{ loop.index }}/{{ loop.length }} {{ call.function.arguments | dictsort | list }}{% else %}none{%- endfor -%}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}<|start|>assistant{%- endif -%}"""

TURNS = """{{ bos_token }}{% if messages and messages[0]['role'] == 'system' %}{% if messages[0]['content'] is string %}{% set first = messages[0]['content'] + '\\n\\n' %}{% else %}{% set first = messages[0]['content'][0]['text'] %}{% endif %}{% set loop_messages = messages[1:] %}{% else %}{% set first = '' %}{% set loop_messages = messages %}{% endif %}
{% for message in loop_messages %}{% if message['role'] == 'assistant' %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}
{{ '<turn>' + role + '\\n' + (first if loop.first else '') }}{% if message['content'] is string %}{{ message['content'] | trim }}{% elif message['content'] is iterable %}{% for item in message['content'] %}{% if item['type'] == 'image' %}{{ '<img>' }}{% elif item['type'] == 'text' %}{{ item['text'] | trim }}{% endif %}{% endfor %}{% else %}{{ raise_exception('content type') }}{% endif %}{{ '</turn>\\n' }}{% endfor %}
{% if add_generation_prompt %}{{ '<turn>model\\n' }}{% endif %}
"""

BREAKS = """{% for m in messages %}{% if m.role == 'assistant' %}{% continue %}{% endif %}{% if loop.index > 2 %}{% break %}{% endif %}
{% generation %}{{ loop.index }}{{ m.role | title }} {% endgeneration %}
{%- else %}nothing{% endfor %}
{% set block %}  {{ messages | length }}
 lines
{% endset %}[{{ block | trim | upper }}]{% filter replace('a', 'b') %}banana{% endfilter %}
{% with a = 1, b = [1, 2] %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}
{% raw %}{{ not }} {% this %}{% endraw %}|
    {%+ if true %}kept{% endif +%}

    {% if true -%}   eaten   {%- endif %}
"""

# ---- single constructs: printed values ----

EXPRESSIONS = r"""
1 + 2 * 3 - 4 // 3 % 5
7 / 2, 7 // 2, -7 // 2, -7 % 3, 7 % -3, 2 ** 10, 2 ** -1, -2 ** 2
1.5 + 2, 1e3, 1e22, 1e-7, 0.1 + 0.2, 100000000000000000.0, 3.0, 1_000
0x1f, 0b101, 0o17
'a' 'b' "c", 'it''s', "q\"q", 'tab\tnl\n\\', '\x41\u00e9\101', 'é\q'
'a' ~ 1 ~ none ~ true ~ 1.0
[1, 'a', none, true, 1.5, [2], (3,), {'k': 'v'}, ()]
{'a': 1, 'b': {'c': [1, 2]}}, {}
'x' * 3, [1] * 2, 3 * 'ab', 'a' + 'b', [1] + [2], (1,) + (2, 3)
1 == 1.0, 'a' == 'a', [1] == [1], {'a': 1} == {'a': 1}, none == none, 1 == '1', true == 1
1 < 2 < 3, 1 < 3 < 2, 'a' < 'b', [1, 2] < [1, 3], 2 >= 2, 'Z' < 'a'
1 in [1, 2], 'b' in 'abc', 'k' in {'k': 1}, 3 not in (1, 2), 'z' in nothing
not 1, not none, not '', not [], not 0.0, not nothing
1 and 0, '' or 'x', none or 0, 1 and 'y' and [], nothing or 'default'
'yes' if 1 else 'no', ('only' if 0), 'a' if 0 else 'b' if 0 else 'c'
'abcdef'[0], 'abcdef'[-1], 'abcdef'[1:3], 'abcdef'[::-1], 'abcdef'[:-2], 'abcdef'[4:100], 'abcdef'[::2], 'abcdef'[5:1:-2]
[1, 2, 3, 4][1:], [1, 2, 3, 4][:2], [1, 2, 3, 4][-3:-1], [1, 2, 3][10:], (1, 2, 3)[::-1], 'é中😀x'[1:3], 'é中😀x'[-2]
[1, 2][5] is defined, {'a': 1}['b'] is defined, {'a': 1}.b is undefined, 'abc'[9] is undefined
{'a': {'b': 5}}.a.b, {'a b': 1}['a b'], [[1, 2], [3]][1][0], {'items': 7}['items'], (1, (2, 3))[1][0], [4, 5].1
'  a b '.strip(), 'xxaxx'.strip('x'), '\n a'.lstrip(), 'a\n'.rstrip('\n'), 'xyaxy'.lstrip('yx'), '\u3000a\u00a0'.strip()
'a,b,,c'.split(','), ' a  b c '.split(), 'a,b,c'.split(',', 1), 'a b c'.rsplit(' ', 1), 'a--b'.split('--'), ''.split(','), ''.split(), 'a b  c'.split(none, 1)
'Hello World'.upper(), 'HeLLo'.lower(), 'hello world-x y2z'.title(), 'hELLO wORLD'.capitalize(), 'straße'.upper(), 'ÉCOLE Ω'.lower()
'abc'.startswith('ab'), 'abc'.endswith('bc'), 'abc'.startswith(('x', 'a')), 'abc'.endswith(('x', 'y'))
'banana'.replace('a', 'o'), 'banana'.replace('a', 'o', 2), 'ab'.replace('', '-'), 'banana'.count('an'), 'banana'.find('n'), 'banana'.rfind('n'), 'é中a'.find('a'), 'abc'.find('z'), 'abc'.index('c')
'-'.join(['a', 'b']), 'a\nb\r\nc'.splitlines(), 'a\n'.splitlines(true), '12'.isdigit(), 'ab'.isalpha(), ' '.isspace(), 'a1'.isalpha()
'prefix-x'.removeprefix('prefix-'), 'x.y'.removesuffix('.y'), 'a=b=c'.partition('='), 'a=b=c'.rpartition('='), 'abc'.partition('='), 'abc'.rpartition('=')
'{} and {}'.format(1, 'b'), '{0}{1}{0}'.format('x', 'y'), '{a}{{}}'.format(a=3), '%s-%d-%05.1f' % ('a', 3, 2.25), '%s' % 'x', '%5s|%-5s|' % ('a', 'b'), '%x %X %o %e' % (255, 255, 8, 12345.678), '%%%r' % 'q'
{'a': 1}.get('a'), {'a': 1}.get('b'), {'a': 1}.get('b', 2), {'a': 1, 'b': 2}.keys() | list, {'a': 1}.values() | list, {'a': 1}.items() | list, [3, 4, 3].index(4), [3, 4, 3].count(3)
' x ' | trim, 'xxaxx' | trim('x'), 5 | string, none | string, [1] | string, nothing | trim, nothing | upper
[1, 2, 3] | length, 'abc中' | length, {'a': 1} | count, '' | length, nothing | length
'aBc' | upper, 'aBc' | lower, 'a bc' | title, 'aBC dE' | capitalize, "they're bill's" | title, 'foo-bar (baz)' | title
'a' | default('b'), nothing | default('b'), '' | default('b'), '' | default('b', true), none | d('c'), none | d('c', boolean=true), nothing | default
[1, 2] | first, [1, 2] | last, 'abc' | first, [] | first is defined, [3, 1, 2] | sort, ['b', 'A', 'c'] | sort, [1, 2] | reverse | list, 'abc' | reverse, [3, 1, 2] | sort(reverse=true), ['b', 'A', 'a', 'B'] | sort(case_sensitive=true)
['a', 1, none] | join, [1, 2] | join(', '), messages | join('|', attribute='role'), 'abc' | join('-')
[1, 2, 3] | sum, [[1], [2]] | sum(start=[]), [1.5, 2] | sum, [{'a': {'b': 2}}, {'a': {'b': 3}}] | sum(attribute='a.b')
'12' | int, '1.9' | int, 'x' | int, 'x' | int(7), 3.99 | int, -3.99 | int, true | int, '2.5' | float, 'y' | float, 3 | float, '0' | int, ' 42 ' | int
-5 | abs, 2.567 | round(2), 2.5 | round, 3.5 | round, 2.1 | round(method='ceil'), -2.1 | round(0, 'floor'), 42 | round
[1, 2, 3, 4] | select('odd') | list, [1, 2, 3, 4] | reject('odd') | list, [0, 1, '', 'a'] | select | list, [1, 5, 3] | select('gt', 2) | list, ['a', 1] | select('string') | list, [1, 2] | select('in', [2, 3]) | list
messages | selectattr('role', 'equalto', 'user') | list | length, messages | selectattr('name') | list, messages | rejectattr('role', 'eq', 'user') | map(attribute='role') | list, messages | selectattr('content', 'defined') | list | length
['a', 'b'] | map('upper') | list, ['1', '2'] | map('int') | sum, [{'a': 1}, {}] | map(attribute='a', default=9) | list, ['x '] | map('trim') | list, [[1, 2], [3]] | map('length') | list, ['a'] | map('replace', 'a', 'b') | list
{'b': 1, 'a': 2} | dictsort, {'b': 1, 'a': 2} | dictsort(by='value'), {'b': 1, 'a': 2} | items | list, ['a', 'A', 'b', 'a'] | unique | list, [1, 2, 3, 4, 5] | batch(2) | list, [1, 2, 3] | batch(2, 'x') | list, [3, 1, 2] | min, [3, 1, 2] | max, ['b', 'A'] | min
'a\nb\n\nc' | indent, 'a\nb' | indent(2), 'a\nb' | indent(2, true), 'a\n\nb' | indent(1, blank=true), 'a\nb' | indent('> '), 'one two  three' | wordcount
'%s and %s' | format('x', 2), {'a': 1} | attr('a') is defined, 'abc' | list, {'a': 1} | list, (1, 2) | list
{'a': [1, 2.0, none, true, 'é"\\\n\t/<>&\u0001\u007f'], 'b': {}, 'c': []} | tojson
{'b': [1, {'c': 2}], 'a': {}, 'e': []} | tojson(indent=2), [] | tojson(indent=2), 'x' | tojson, {1: 2, none: 3, true: 4} | tojson, {'b': 1, 'a': 2} | tojson(sort_keys=true), 1e100 | tojson, (1, 2) | tojson
1 is number, 1.0 is float, 1 is integer, true is integer, true is boolean, 'a' is string, [1] is sequence, {} is mapping, [1] is iterable, 'a' is iterable, 1 is iterable, none is none, nothing is none
3 is odd, 4 is even, 9 is divisibleby 3, 9 is divisibleby(4), 1 is eq 1, 1 is ne 2, 2 is gt 1, 2 is lt 1, 2 is ge 2, 1 is in [1], 'A' is upper, 'a' is lower, 'a' is sameas 'a', true is true, false is false, 1 is true
nothing is defined, nothing is undefined, nothing is not defined, not nothing is defined, messages is defined, bos_token is string, range is callable, 'upper' is filter, 'odd' is test
range(3) | list, range(1, 4) | list, range(10, 0, -3) | list, range(0) | list, dict(a=1, b='x'), dict({'k': 1}, j=2)
messages[0].role if messages else 'none', messages[-1]['role'] if messages, (messages | last).role if messages else ''
strftime_now('%Y-%m-%d'), strftime_now('%d %B %Y %A %j'), strftime_now('%H:%M')
'\u2581\uff5c DeepSeek ▁' ~ '｜', '<｜begin▁of▁sentence｜>' | length
-5 | abs, -1 | abs, (1, 2) | length, ((1)), (1,) | length
[1, [2, [3]]] | tojson | length, [[]] == [[]], "a" in ["a"] and not "b" in ["a"]
'a' 'b'.upper(), ('a' ~ 'b').upper(), ['x', 'y'][1].upper(), 'a-b'.split('-')[-1] | upper
1 if nothing is defined and nothing.x else 2
""".strip().split("\n")

# Refused by the reference, so refused here.
REFUSED = [
    "{{ nothing.x }}", "{{ nothing['x'] }}", "{{ nothing + 'a' }}", "{{ 1 + 'a' }}", "{{ 'a' + 1 }}", "{{ 'a' < 1 }}", "{{ none.x.y }}",
    "{{ raise_exception('no') }}", "{{ nothing() }}", "{{ 1 / 0 }}", "{{ 1 | nofilter }}", "{{ 1 is notest }}", "{% if 1 %}", "{% for x in none %}{% endfor %}",
    "{{ 'a }}", "{{ 1 + }}", "{% endif %}", "{{ (1 }}", "{% for %}{% endfor %}", "{# no end", "{{ 5 | length }}", "{% set x.y = 1 %}", "{% unknown %}", "{{ [1].append(2) }}",
    "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{% endmacro %}{{ m(b=2) }}", "{% for a, b in [1] %}{% endfor %}", "{{ {'a': 1}.update({}) }}", "{{ range(100000000) | list }}",
    "{{ 'abc' | replace('a') }}", "{{ nothing | tojson }}", "{{ messages.x.y }}", "{% break %}", "{{ 1 ** }}", "{{ ) }}", "{{ 'x' in 5 }}",
]

# Not worth a fight: scoping, white space, loops.
SNIPPETS = [
    "{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }},{% endfor %}{{ x }}",
    "{% set ns = namespace(n=0) %}{% for i in range(4) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}",
    "{% if true %}{% set y = 2 %}{% endif %}{{ y }}",
    "{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }}{{ ', ' if not loop.last }}{% endfor %}",
    "{% for x in [3, 4, 5] %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a', 'b') }};{% endfor %}",
    "{% for x in [] %}a{% else %}b{% endfor %}{% for x in [1, 2, 3, 4] if x is even %}{{ x }}{{ loop.length }}{% else %}none{% endfor %}",
    "{% for a in [1, 2] %}{% for b in [3] %}{{ loop.index }}{{ a }}{{ b }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set c = (1, 2) %}{{ c }}{% set d, e = [3, 4] %}{{ d + e }}",
    "{% macro f(a, b='x', c=none) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }}|{{ f(1, c=2) }}|{{ f(b=3, a=4) }}|{{ f() }}",
    "{% set g = 'outer' %}{% macro f() %}{{ g }}{% set g = 'inner' %}{{ g }}{% endmacro %}{{ f() }}{{ g }}",
    "{% macro fact(n) %}{% if n > 1 %}{{ n }}*{{ fact(n - 1) }}{% else %}1{% endif %}{% endmacro %}{{ fact(6) }}{% set s = fact(2) %}{{ s | length }}",
    "a\n{% if true %}\nb\n{% endif %}\nc\n", "a\n  {% if true %}  \n  b\n  {% endif %}\n  c", "a {%- if true -%} \n b \n {%- endif -%} \n c", "a\n\n{%- if true %}\n\nb{% endif %}\n\n\nc\n\n",
    "  {{ 1 }}  \n  {{ 2 -}}  \n  {{- 3 }}\n", "x\n  {# c #}\ny\n{#- d -#}\nz", "{{ 1 }}\n{{ 2 }}\n\n", "\n\n{% set x = 1 %}\n\n{{ x }}\n", "a\r\nb\rc\n{% if 1 %}\r\nd{% endif %}",
    "  {%- set x = 1 -%}  y", "{% if 1 %}\n\n  a{% endif %}\t{% if 1 %}b{% endif %}\n   {%+ if 1 %}c{% endif %}", "{{- 'a' -}}\n\n{{- 'b' -}}", "a{{ '\n' }}b{{ '{{' }}{{ '%}' }}", "{%if 1%}x{%endif%}{{1}}{{ {'a':{'b':1}}['a']['b']}}",
    "{{ '}}' }}{{ {'x': '}}'}.x }}{{ {'a': {}} }}", "{% set x = {'a': 1,} %}{{ x }}{% set y = [1, 2,] %}{{ y }}", "{% if 'a' in 'abc' and 'z' not in 'abc' or false %}1{% elif 1 %}2{% else %}3{% endif %}",
    "{% if 0 %}a{% elif 0 %}b{% elif 1 %}c{% else %}d{% endif %}{% if nothing %}e{% else %}f{% endif %}{% if not nothing %}g{% endif %}",
    "{% for c in 'aé中' %}[{{ c }}]{% endfor %}{% for k in {'x': 1} %}{{ k }}{% endfor %}{% for (a, b) in [(1, 2), (3, 4)] %}{{ a * b }}{% endfor %}",
    "{% set x = 'a' if messages | length > 1 else 'b' %}{{ x }}{{ x if x == 'a' }}{{ none }}{{ nothing }}{{ true }}{{ [none, true] }}",
    "{{ messages | tojson }}{{ messages }}{{ tools }}{{ documents is none }}", "{% set a = [] %}{% set a = a + ['x'] %}{% set a = a + ['y'] %}{{ a }}{{ a | join }}",
    "{% filter upper | replace('A', '4') %}banana {{ 1 }}{% endfilter %}{% set t | trim | length %}  abc  {% endset %}{{ t }}", "{{ namespace(a=1).a }}{% set ns = namespace({'k': 2}, j=3) %}{{ ns.k + ns.j }}{{ ns.z is defined }}",
    "{{ '<a & \"b\">' | escape }}{{ '<b>' | safe }}{{ \"o'x y\".title() }}{{ \"o'x (y <z\" | title }}", "{% with x = 5 %}{% with y = x + 1 %}{{ x }}{{ y }}{% endwith %}{% endwith %}{{ x is defined }}", "{% for i in range(3) %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}{% for i in range(9) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}",
]

TEMPLATES = {"chatml": CHATML, "inst": INST, "headers": HEADERS, "thinking": THINKING, "macros": MACROS, "turns": TURNS, "breaks": BREAKS}
OPTIONS = [("user", True, {}), ("system", True, {}), ("turns", True, {}), ("done", False, {}), ("tools", True, {"tools": TOOLS}), ("parts", True, {}),
           ("wrong", True, {}), ("empty", False, {}), ("system", True, {"enable_thinking": False, "tools": TOOLS})]


def compile_template(source):
    compiled = reference._cached_compile_jinja_template(source)
    compiled.globals["strftime_now"] = lambda f: datetime.strptime(DATE, "%Y-%m-%d").strftime(f)
    return compiled


def case(source, chat, generation, extra):
    out = {"source": source, "chat": chat, "add_generation_prompt": generation, "extra": extra}
    try:
        out["expected"] = compile_template(source).render(
            messages=CHATS[chat], add_generation_prompt=generation, bos_token="<BOS>", eos_token="<EOS>",
            **{"tools": None, "documents": None, **extra})
    except Exception as error:  # whatever it is, it is refused
        out["refused"] = type(error).__name__
    return out


def main():
    cases = [case(t, *o) for t in TEMPLATES.values() for o in OPTIONS]
    cases += [case("{{ [%s] }}" % e, "turns", True, {}) for e in EXPRESSIONS]
    cases += [case(s, "turns", True, {}) for s in SNIPPETS]
    cases += [case(s, "user", True, {}) for s in REFUSED]
    for c in cases[len(TEMPLATES) * len(OPTIONS):]:
        if ("refused" in c) != (c["source"] in REFUSED):
            print("note:", c["source"], c.get("refused"))
    with open(OUT, "w", encoding="utf-8") as file:
        json.dump({"date": DATE, "chats": CHATS, "cases": cases}, file, ensure_ascii=False, indent=0)
        file.write("\n")
    print(len(cases), "cases,", sum("refused" in c for c in cases), "refused")


if __name__ == "__main__":
    main()
