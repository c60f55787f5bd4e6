using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>The same images in another layout.</summary>
internal sealed class LayoutChange(ImageLayout layout) : nn.Module<Tensor, Tensor>(nameof(LayoutChange))
{
    public override Tensor forward(Tensor input) => input.In(layout);
}
