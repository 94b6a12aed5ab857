#include "base/search.h"

int search_i32(const int32_t *sorted, int n, int32_t value)
{
    int low = 0, high = n;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (sorted[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && sorted[low] == value ? low : -1;
}
