#include "core/training/networks.h"

#include <fmt/format.h>

namespace longship {
namespace {

constexpr std::array<std::int64_t, 3> kCnnChannels{32, 64, 128};
constexpr std::array<std::int64_t, 3> kResNetChannels{16, 32, 64};

torch::nn::Conv2d convolution(std::int64_t from, std::int64_t to, std::int64_t kernel, std::int64_t stride,
                              bool bias) {
    return torch::nn::Conv2d(
        torch::nn::Conv2dOptions(from, to, kernel).padding(kernel / 2).stride(stride).bias(bias));
}

}  // namespace

Mlp::Mlp(std::int64_t features, const std::vector<std::int64_t>& hidden, std::int64_t classes) {
    std::vector<std::int64_t> widths = hidden;
    widths.push_back(classes);
    m_expression = "torch.nn.Sequential(torch.nn.Flatten()";
    std::int64_t from = features;
    std::size_t index = 1;  // 0 is Flatten.
    for (std::size_t i = 0; i < widths.size(); ++i) {
        m_layers.push_back(register_module(std::to_string(index), torch::nn::Linear(from, widths[i])));
        m_expression += fmt::format(", torch.nn.Linear({}, {})", from, widths[i]);
        m_expression += i + 1 < widths.size() ? ", torch.nn.ReLU()" : ")";
        from = widths[i];
        index += 2;
    }
}

torch::Tensor Mlp::forward(torch::Tensor inputs) {
    torch::Tensor values = inputs.flatten(1);
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        values = m_layers[i]->forward(values);
        if (i + 1 < m_layers.size()) {
            values = torch::relu(values);
        }
    }
    return values;
}

Cnn::Cnn(const std::vector<std::int64_t>& image, std::int64_t classes) {
    m_expression = "torch.nn.Sequential(";
    std::int64_t from = image[0];
    std::int64_t height = image[1];
    std::int64_t width = image[2];
    std::size_t index = 0;
    for (const std::int64_t channels : kCnnChannels) {
        m_convolutions.push_back(
            register_module(std::to_string(index), convolution(from, channels, 3, 1, true)));
        m_expression +=
            fmt::format("torch.nn.Conv2d({}, {}, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2), ",
                        from, channels);
        from = channels;
        height /= 2;
        width /= 2;
        index += 3;
    }
    const std::int64_t features = from * height * width;
    m_output = register_module(std::to_string(index + 1), torch::nn::Linear(features, classes));
    m_expression += fmt::format("torch.nn.Flatten(), torch.nn.Linear({}, {}))", features, classes);
}

torch::Tensor Cnn::forward(torch::Tensor inputs) {
    torch::Tensor values = std::move(inputs);
    for (torch::nn::Conv2d& layer : m_convolutions) {
        // Channels last: libtorch's pooling of this layout is vectorised; a fifth of the whole step.
        values = layer->forward(values).contiguous(torch::MemoryFormat::ChannelsLast);
        // Pooling first: the same as after ReLU, on a quarter of the values.
        values = torch::relu(torch::max_pool2d(values, 2));
    }
    return m_output->forward(values.flatten(1));
}

ResNet::ResNet(const std::vector<std::int64_t>& image, std::int64_t classes) {
    m_stem = register_module("conv1", convolution(image[0], kResNetChannels[0], 3, 1, false));
    m_stemNorm = addBatchNorm("bn1", kResNetChannels[0]);
    std::int64_t from = kResNetChannels[0];
    for (std::size_t i = 0; i < kResNetChannels.size(); ++i) {
        m_blocks.push_back(addBlock(fmt::format("layer{}", i + 1), from, kResNetChannels[i], i == 0 ? 1 : 2));
        from = kResNetChannels[i];
    }
    m_output = register_module("fc", torch::nn::Linear(from, classes));
}

ResNet::Block ResNet::addBlock(const std::string& name, std::int64_t from, std::int64_t to,
                               std::int64_t stride) {
    // Names of modules hold no dots, so the parts of a block are told apart by underscores.
    Block block;
    block.first = register_module(name + "_conv1", convolution(from, to, 3, stride, false));
    block.firstNorm = addBatchNorm(name + "_bn1", to);
    block.second = register_module(name + "_conv2", convolution(to, to, 3, 1, false));
    block.secondNorm = addBatchNorm(name + "_bn2", to);
    if (stride != 1 || from != to) {
        block.shortcut = register_module(name + "_downsample", convolution(from, to, 1, stride, false));
        block.shortcutNorm = addBatchNorm(name + "_downsample_bn", to);
    }
    return block;
}

torch::Tensor ResNet::forward(torch::Tensor inputs) {
    torch::Tensor values = torch::relu(m_stemNorm->forward(m_stem->forward(inputs)));
    for (Block& block : m_blocks) {
        torch::Tensor direct = torch::relu(block.firstNorm->forward(block.first->forward(values)));
        direct = block.secondNorm->forward(block.second->forward(direct));
        const torch::Tensor around =
            block.shortcut ? block.shortcutNorm->forward(block.shortcut->forward(values)) : values;
        values = torch::relu(direct + around);
    }
    return m_output->forward(values.mean({2, 3}));
}

}  // namespace longship
