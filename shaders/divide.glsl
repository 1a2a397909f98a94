// n / d for n < 2^31 by multiplication: software devices divide lane by lane.
// magic is (m, l) with l = ⌈log2 d⌉ and m = ⌊2^32·(2^l - d)/d⌋ + 1.
uint divide(uint n, uvec2 magic) {
    uint high, low;
    umulExtended(n, magic.x, high, low);
    return (high + n) >> magic.y;
}
