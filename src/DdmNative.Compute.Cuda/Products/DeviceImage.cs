namespace DdmNative.Compute.Cuda.Products;

/// <summary>Images as a convolution's kernel sees them: the floats [E, N, H, W, C], C a multiple of four, and the pixels of zeros around them that are still to be thought of.</summary>
internal readonly record struct DeviceImage(DeviceMatrix Matrix, int Channels, int Height, int Width, int Padding);
