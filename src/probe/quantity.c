#include "probe/quantity.h"

const struct quantity_info quantity_table[N_QUANTITIES] = {
    [QUANTITY_HIDDEN_NORM] = {"hidden_norm", "l2 norm of the residual stream after the layer", "1", false},
    [QUANTITY_KEY_NORM] = {"key_norm", "l2 norm of the key projection, all heads, before RoPE and key norm", "1", false},
    [QUANTITY_VALUE_NORM] = {"value_norm", "l2 norm of the value projection, all heads", "1", false},
    [QUANTITY_COS_PRIMARY] = {"cos_primary", "cosine of the hidden state to the primary candidate's", "1", true},
    [QUANTITY_SINK_SCORE] = {"sink_score", "mean over heads of the attention received from rows i >= t", "1", false},
    [QUANTITY_SINK_SCORE_MAX] = {"sink_score_max", "maximum over heads of the attention received", "1", false},
    [QUANTITY_SINK_HEADS] = {"sink_heads", "number of heads whose attention received exceeds epsilon", "1", false},
    [QUANTITY_MLP_NORM] = {"mlp_norm", "l2 norm of what the MLP adds to the residual stream", "1", false},
    [QUANTITY_COS_MLP_HIDDEN] = {"cos_mlp_hidden", "cosine of the MLP output to the candidate's hidden state", "1", true},
    [QUANTITY_COS_MLP_MLP] = {"cos_mlp_mlp", "cosine of the MLP output to the candidate's MLP output", "1", true},
    [QUANTITY_MASSIVE] = {"massive", "largest absolute component of the hidden state", "1", false},
    [QUANTITY_MASSIVE_RATIO] = {"massive_ratio", "massive over the median absolute component", "1", false},
    [QUANTITY_COS_MLP_INPUT] = {"cos_mlp_input", "cosine of the MLP input to the candidate's", "1", true},
    [QUANTITY_COS_MLP_GATE] = {"cos_mlp_gate", "cosine of the gate projection to the candidate's", "1", true},
    [QUANTITY_COS_MLP_UP] = {"cos_mlp_up", "cosine of the up projection to the candidate's", "1", true},
    [QUANTITY_COS_MLP_ACT] = {"cos_mlp_act", "cosine of the activation output to the candidate's", "1", true},
    [QUANTITY_COS_MLP_PRODUCT] = {"cos_mlp_product", "cosine of act x up to the candidate's", "1", true},
    [QUANTITY_COS_MLP_DOWN] = {"cos_mlp_down", "cosine of the down projection to the candidate's", "1", true},
};

int quantity_columns(int n_candidates)
{
    return quantity_column(N_QUANTITIES, 0, n_candidates);
}

int quantity_column(enum quantity quantity, int candidate, int n_candidates)
{
    int column = candidate;

    for (int q = 0; q < (int)quantity; q++)
        column += quantity_table[q].relative ? n_candidates : 1;
    return column;
}
