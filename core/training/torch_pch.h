#pragma once

// The precompiled header of the files that use libtorch; it alone takes most of their compile time.
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/nn.h>
#include <torch/version.h>
