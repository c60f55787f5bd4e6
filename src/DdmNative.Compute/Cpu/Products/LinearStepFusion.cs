namespace DdmNative.Compute.Cpu;

/// <summary>
/// Finds training steps of a linear layer on inputs that all members share (the depth dial's head on frozen features) and lets <see
/// cref="LinearStepCall"/> do a member's whole step: product, softmax, gradient and SGD, with a flatten of the inputs before them if there
/// is one. Nothing else may read the tensors between them; otherwise the calls stay as they were recorded.
/// </summary>
internal static class LinearStepFusion
{
    /// <param name="calls">Recorded calls.</param>
    /// <param name="threads">Threads of the device: one thread computes a member's step, so there must be enough members for all
    /// threads.</param>
    /// <param name="own">Receives the tensors that are created; the plan disposes them.</param>
    public static IReadOnlyList<CpuCall> Apply(IReadOnlyList<CpuCall> calls, int threads, Action<CpuTensor> own)
    {
        if (!LinearStepCall.IsSupported)
            return calls;
        var result = new List<CpuCall>(calls);
        for (int i = 0; i + 3 < result.Count; i++)
        {
            if (result[i] is not MatrixForwardCall product || result[i + 1] is not CpuSoftmaxCrossEntropy.BackwardCall softmax
                || result[i + 2] is not MatrixBackwardWeightCall gradient || result[i + 3] is not CpuSgd.StepCall step
                || !CpuPlan.MembersFeed(product.Members, threads) || !AreOneStep(product, softmax, gradient, step))
                continue;
            CpuTensor inputs = product.sources[0].Input.Tensor, images = inputs;
            int first = i;
            if (i > 0 && result[i - 1] is CpuFlatten.TransposeCall flatten && flatten.target.Tensor == inputs && inputs.IsTransient)
                (images, first) = (flatten.source.Tensor, i - 1);
            CpuTensor[] between = [.. new[] { softmax.logits.Tensor, softmax.cotangent.Tensor }.Concat(first < i ? [inputs] : [])];
            bool isUsedElsewhere = Enumerable.Range(0, result.Count).Any(j => (j < first || j > i + 3)
                && result[j].Operands.Any(o => between.Contains(o.Tensor)));
            if (images.Shape.Members != 1 || inputs.Shape.Channels % SlotMicroKernel.Columns != 0 || isUsedElsewhere
                || !between.All(tensor => tensor.IsTransient)
                || !step.gradient.Tensor.IsTransient || IsReadAgain(step.gradient.Tensor, product.sources[0].Weight.Length,
                    result.Skip(i + 4)))
                continue;
            var prepare = new LinearInputCall(images, softmax.labels.Tensor, own);
            result.RemoveRange(first, i + 4 - first);
            result.Insert(first, new LinearStepCall(prepare, product, softmax, step));

            // Directly after the batch, so that the members' steps of several batches follow each other without other calls between them.
            int written = first == 0 ? -1 : result.FindLastIndex(first - 1,
                call => call.Operands.Any(o => o.IsWritten && (o.Tensor == images || o.Tensor == softmax.labels.Tensor)));
            result.Insert(written + 1, prepare);
            i = first + 1;
        }
        return result;
    }

    /// <summary>Whether anything reads a gradient before the next step assigns it.</summary>
    private static bool IsReadAgain(CpuTensor gradient, int weights, IEnumerable<CpuCall> calls)
    {
        foreach (CpuCall call in calls)
        {
            if (call is MatrixBackwardWeightCall next && next.Vector == gradient && next.HasOffsets(0, weights))
                return false;
            if (call.Operands.Any(o => o.Tensor == gradient) || call.Gradients.Any(g => g.Vector.Tensor == gradient))
                return true;
        }
        return false;
    }

    private static bool AreOneStep(MatrixForwardCall product, CpuSoftmaxCrossEntropy.BackwardCall softmax,
        MatrixBackwardWeightCall gradient, CpuSgd.StepCall step)
    {
        if (product.bias is not CpuParameters bias)
            return false;
        int weights = product.sources[0].Weight.Length, biases = bias.Length;
        CpuTensor theta = step.parameters.Tensor;
        return product.sources.Length == 1 && softmax.logits.Tensor == product.output.Tensor && softmax.labels.Tensor.Shape.Members == 1
            && !gradient.TakesProducts && gradient.sources.Length == 1
                && gradient.sources[0].Input.Tensor == product.sources[0].Input.Tensor
            && gradient.sources[0].Cotangent.Tensor == softmax.cotangent.Tensor && gradient.Vector == step.gradient.Tensor
            && step.decay?.Tensor != gradient.Vector
            && product.sources[0].Weight.Vector.Tensor == theta && bias.Vector.Tensor == theta
                && theta.Shape == TensorShape.Vector(product.Members, weights + biases)
            && product.sources[0].Weight.Offset == 0 && bias.Offset == weights && gradient.HasOffsets(0, weights);
    }
}
