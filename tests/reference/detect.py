"""The two detection rules of DESIGN.md section 4, on plain numpy arrays.

Per sample: `norms` (L, T), h[l] before the final norm everywhere; `final_norms` (T,), of h[L-1] after it; `cosines` (L, T), |cos| or
cos(h[l][t], h[l][p]) where row L-1 may be either (no listed layer ever reaches it: end <= L-1).
"""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Primary:
    position: int
    start: int | None = None  # its own layers are [start, end)
    end: int | None = None
    reason: str = ""  # why there is none
    margins: dict = field(default_factory=dict)  # relative distance to the next best choice; how safe the choice is


@dataclass
class Sink:
    position: int
    kind: str
    l_start: int
    lifetime: int


def with_final(norms, final_norms):
    out = np.array(norms, dtype=np.float64)
    out[-1] = final_norms
    return out


def gap(values, chosen):
    """Distance from the chosen value to the nearest other one, relative to the largest magnitude."""
    others = np.delete(values, chosen)
    return float("inf") if others.size == 0 else float(np.min(np.abs(others - values[chosen])) / np.max(np.abs(values)))


def find_primary(norms, final_norms, candidates):
    """Steps 1 and 2. Ties go to the first, as numpy's argmax and argmin do."""
    states = with_final(norms, final_norms)
    n_layers, n_tokens = states.shape
    candidates = [c for c in candidates if c < n_tokens]
    means = states[:, candidates].mean(axis=0)
    best = int(np.argmax(means))
    primary = Primary(candidates[best], margins={"position": gap(means, best)})
    if n_layers < 3:
        primary.reason = "fewer than 3 layers"
        return primary
    steps = np.diff(states[:, primary.position])
    start = int(np.argmax(steps)) + 1
    if steps[start:].size == 0:
        primary.reason = "no layer after the largest rise"
        return primary
    low = int(np.argmin(steps[start:]))
    primary.start, primary.end = start, low + start + 1
    primary.margins |= {"start": gap(steps, start - 1), "end": gap(steps[start:], low)}
    return primary


def kind_paper(n, n_layers, span):
    if n >= n_layers - 15:
        return "primary-like"
    return "secondary" if n > 4 else "noise"


def kind_relative(n, n_layers, span):
    if n >= 0.7 * span:
        return "primary-like"
    return "secondary" if n >= max(2, 0.1 * span) else "noise"


def find_sinks(rule, norms, cosines, primary, cosine=0.9, norm_ratio=3.0):
    """Steps 3 and 4: the tokens listed by `rule` ("paper" or "relative"), in order of position."""
    if primary.start is None:
        return []
    n_layers = norms.shape[0]
    layers = range(primary.start, primary.end)
    listed = np.abs(cosines) > cosine  # a missing cosine (NaN) is not listed
    if rule == "relative":
        listed &= norms >= norm_ratio * np.median(norms, axis=1, keepdims=True)
    kind = kind_paper if rule == "paper" else kind_relative
    sinks = []
    for t in range(primary.position + 1, norms.shape[1]):
        at = [l for l in layers if listed[l, t]]
        if at:
            sinks.append(Sink(t, kind(len(at), n_layers, len(layers)), at[0], len(at)))
    return sinks


def near_threshold(norms, cosines, primary, cosine=0.9, norm_ratio=3.0, within=0.002):
    """{position: margin} of the tokens whose listing hangs on less than `within`: of a |cos| to the threshold, or, where |cos| lets
    rule "relative" decide by the norm, of the norm to its own threshold (relative)."""
    if primary.start is None:
        return {}
    near = {}
    for l in range(primary.start, primary.end):
        to_cosine = np.abs(np.abs(cosines[l]) - cosine)
        to_norm = np.abs(norms[l] / (norm_ratio * np.median(norms[l])) - 1)
        to_norm[~(np.abs(cosines[l]) > cosine - within)] = np.inf
        margin = np.fmin(to_cosine, to_norm)
        for t in np.flatnonzero(margin < within):
            if t > primary.position:
                near[int(t)] = min(near.get(int(t), np.inf), float(margin[t]))
    return near


def background(cosines, primary):
    """Per layer the median and the 99 % quantile of |cos| over t > p."""
    rest = np.abs(cosines[:, primary.position + 1 :])
    return np.nanquantile(rest, 0.5, axis=1), np.nanquantile(rest, 0.99, axis=1)
