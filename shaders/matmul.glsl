// Sizes and the numbering of workgroups, shared by both shapes of matmul.
//
// A workgroup makes one tile of C for one matrix of the batch and one slice of
// k. Tiles are numbered along C's shorter side first, so that a strip of the
// larger operand stays in the cache while the smaller one passes by; then along
// the other side, the batch, the slices. The grid folds that number into x and y.
layout(push_constant, std430) uniform Push {
    uint M, N, K;        // of one matrix of the batch
    uint aBatch, bBatch; // elements from one matrix to the next; 0: all use the same
    uint batch;          // matrices
    uint slice;          // terms of a sum a workgroup adds up: a multiple of 4
    uint tilesM, tilesN; // tiles of one matrix
    uint tiles;          // workgroups in all
    uint colStep;        // 0 where operands are swapped for N = 1, else 1
} p;

struct Tile {
    bool live;   // false for workgroups that only fill up the grid
    uint m, n;   // tile row and column
    uint a, b;   // element offsets of the operands' matrices
    uint c;      // element offset into C: slices lie one after another
    uint k0, k1; // terms [k0, k1)
};

Tile tileOf(const uint number) {
    Tile t;
    t.live = number < p.tiles;
    uint r = min(number, p.tiles - 1);
    uint inner = p.M < p.N ? p.tilesM : p.tilesN;
    uint outer = p.M < p.N ? p.tilesN : p.tilesM;
    uint x = r % inner, y = r / inner % outer;
    t.m = p.M < p.N ? x : y;
    t.n = p.M < p.N ? y : x;
    r /= inner * outer;
    uint matrix = r % p.batch;
    t.a = matrix * p.aBatch;
    t.b = matrix * p.bBatch;
    t.c = r * p.M * p.N;
    t.k0 = r / p.batch * p.slice;
    t.k1 = min(t.k0 + p.slice, p.K);
    return t;
}
