using System.Runtime.CompilerServices;

// The kernels' small stack buffers are written before they are read; clearing them first would cost as much as a transform.
[module: SkipLocalsInit]
