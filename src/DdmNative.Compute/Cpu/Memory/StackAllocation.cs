using System.Runtime.CompilerServices;

// The kernels write their small stack buffers before they read them; clearing them first would cost as much as a transform.
[module: SkipLocalsInit]
