/* Lengths of the reserved components of a planted model's residual stream, in
 * units of r = sqrt(D), the norm of an embedding. */
#ifndef SINKGRID_PLANT_GEOMETRY_H
#define SINKGRID_PLANT_GEOMETRY_H

#define LENGTH_CONSTANT 0.25
#define LENGTH_BOS 0.3
#define LENGTH_MARKER 0.5
#define LENGTH_CODE 0.02  /* one bit of the code, plus or minus */
#define LENGTH_LATER 0.08 /* "later" component of a token after BOS: half the bits differ */
#define LENGTH_PRIMARY 50.0

/* Squared norm of a token's code, and by how much it grows where the code of BOS
 * is subtracted: half of the bits differ, each by twice its length. */
#define CODE_SQUARE (PLANT_CODE_BITS * LENGTH_CODE * LENGTH_CODE)

#endif
