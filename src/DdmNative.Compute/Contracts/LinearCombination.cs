namespace DdmNative.Compute.Contracts;

/// <summary>
/// y = αa + βb, element by element; β = 0 with b = a copies and scales, a shared operand broadcasts over the members. y may be a or b.
/// </summary>
public abstract class LinearCombination
{
    /// <summary>y ← αa + βb; all of one shape but for shared members.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Combine(float alpha, Tensor a, float beta, Tensor b, Tensor y)
    {
        Operands.Require(a, y.Shape);
        Operands.Require(b, y.Shape);
        CombineCore(alpha, a, beta, b, y);
    }

    /// <summary>y ← a.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Copy(Tensor a, Tensor y) => Combine(1, a, 0, a, y);

    protected abstract void CombineCore(float alpha, Tensor a, float beta, Tensor b, Tensor y);
}
