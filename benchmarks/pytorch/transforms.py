"""vmap, grad, jvp, and a network as a function of its parameters: torch.func of PyTorch 2, or functorch with PyTorch 1.13."""
try:
    from torch.func import functional_call, grad, jvp, vmap

    def functional(network):
        """(f(parameters, x), parameters): the network as a function f of a tuple of parameters, and its own parameters.

        Buffers, as a batch norm's running statistics, are constants.
        """
        names = [name for name, _ in network.named_parameters()]

        def call(parameters, x):
            return functional_call(network, dict(zip(names, parameters)), (x,))
        return call, tuple(parameter.detach() for parameter in network.parameters())
except ImportError:
    from functorch import grad, jvp, make_functional_with_buffers, vmap

    def functional(network):
        call, parameters, buffers = make_functional_with_buffers(network, disable_autograd_tracking=True)
        return lambda parameters, x: call(parameters, buffers, x), parameters

__all__ = ["functional", "grad", "jvp", "vmap"]
