layout(constant_id = 13) const bool COUNT_PAD = false;

// divisor of the average over window (y, x).
float divisor(int y, int x) {
    int top = y * SH - PH, left = x * SW - PW;
    int bottom = min(top + KH, H + PH), right = min(left + KW, W + PW);
    if (COUNT_PAD) return float((bottom - top) * (right - left));
    return float((min(bottom, H) - max(top, 0)) * (min(right, W) - max(left, 0)));
}
