#include "summary/sinks_csv.h"

void sinks_csv_header(struct csv *csv)
{
    csv_header(csv, "family,model,prompt_set,sample,position,token_id,token,kind,l_start,lifetime,"
                    "kind_relative,l_start_relative,lifetime_relative,sink_score,mlp_norm,cos_mlp,hidden_norm");
}

static void put_count(struct csv *csv, int value, bool known)
{
    if (known)
        csv_int(csv, value);
    else
        csv_text(csv, NULL);
}

static void put_label(struct csv *csv, const struct sink_label *label)
{
    csv_text(csv, sink_kind_names[label->kind]);
    put_count(csv, label->l_start, label->l_start >= 0);
    put_count(csv, label->lifetime, label->l_start >= 0);
}

void sinks_csv_put(struct csv *csv, const struct sink_row *row)
{
    const struct sink_label *values = &row->label[row->rule];

    if (values->l_start < 0)
        values = &row->label[row->rule == RULE_PAPER ? RULE_RELATIVE : RULE_PAPER];
    csv_text(csv, row->family);
    csv_text(csv, row->model);
    csv_text(csv, row->prompt_set);
    csv_int(csv, row->sample);
    put_count(csv, row->position, row->position >= 0);
    put_count(csv, row->token_id, row->token_id >= 0);
    csv_text(csv, row->token);
    put_label(csv, &row->label[RULE_PAPER]);
    put_label(csv, &row->label[RULE_RELATIVE]);
    csv_number(csv, values->sink_score);
    csv_number(csv, values->mlp_norm);
    csv_number(csv, values->cos_mlp);
    csv_number(csv, values->hidden_norm);
    csv_end(csv);
}
