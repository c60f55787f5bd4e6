using DdmNative.Attribution.Evaluation;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>
/// Stores the derivatives [N] of an objective by the weights of all training samples (<see cref="Adjoint"/>), so that one walk back over
/// the training serves samples, groups and classes, and every method that contains it.
/// </summary>
/// <param name="folder">Created when the first row is stored.</param>
public sealed class DerivativeStore(string folder) : ContentStore(folder, "derivatives");
