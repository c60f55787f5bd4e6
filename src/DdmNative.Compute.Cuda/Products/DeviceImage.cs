namespace DdmNative.Compute.Cuda.Products;

/// <summary>
/// Images as a convolution kernel's operand: the floats [E, N, H, W, C], C a multiple of four, and the pixels of implicit zeros around
/// them.
/// </summary>
internal readonly record struct DeviceImage(DeviceMatrix Matrix, int Channels, int Height, int Width, int Padding);
