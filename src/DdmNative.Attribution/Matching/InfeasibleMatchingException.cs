namespace DdmNative.Attribution.Matching;

/// <summary>Reverse matching was requested with hard labels, which no pixels can satisfy.</summary>
public sealed class InfeasibleMatchingException : Exception
{
    public InfeasibleMatchingException()
        : base("Reverse matching cannot succeed with hard labels: with label y the synset gradient's head row y is (p_y - 1)·h <= 0 "
            + "whatever the pixels "
            + "(h >= 0 after ReLU and pooling), while the group's negative gradient needs it >= 0. Learn the labels, start from reflected "
            + "labels "
            + "on a forward-matched synset, or allow hard labels explicitly to demonstrate the failure.")
    {
    }
}
