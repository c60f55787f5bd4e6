namespace DdmNative.Attribution.Objectives;

/// <summary>Receives the logits [K] of a model on a sample; they are valid during the call.</summary>
internal delegate void LogitVisitor(int member, int sample, ReadOnlySpan<float> logits);
