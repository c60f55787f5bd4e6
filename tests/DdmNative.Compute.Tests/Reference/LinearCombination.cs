namespace DdmNative.Compute.Tests.Reference;

internal static class ReferenceLinearCombination
{
    public static DoubleTensor Combine(int members, double alpha, DoubleTensor a, double beta, DoubleTensor b)
        => DoubleTensor.Combine(members, alpha, a, beta, b);
}
