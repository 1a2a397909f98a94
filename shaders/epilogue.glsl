// What a kernel does with a finished value before it stores it. The default
// passes it on; at pipeline creation another body can take its place, such as
// relu(v + E0.data[col]). Modules with it are built with -O0, which keeps the
// function a function; drivers inline it (no cost was measured).
//
//   v      the finished sum
//   col    the output's column (matmul), channel (conv2d): where a bias differs
//   index  flat index into the output
//
// The including file says `const int EXTRA = ...;` first: E0 and E1 are bound
// there and one further, right after the output. The default body reads
// neither, so any buffer will do.
layout(std430, binding = EXTRA) restrict readonly buffer Extra0 { float data[]; } E0;
layout(std430, binding = EXTRA + 1) restrict readonly buffer Extra1 { float data[]; } E1;

float epilogue(const float v, const uint col, const uint index) {
    return v;
}
