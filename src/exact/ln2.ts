/** ln 2 = LN2_HIGH + LN2_LOW; the high part has zeros at its end, so that its product with an exponent is exact. */
export const LN2_HIGH = 0.6931471803691238;
export const LN2_LOW = 1.9082149292705877e-10;
