#pragma once

#include <torch/nn.h>

#include <string>
#include <vector>

#include "core/training/model.h"

namespace longship {

/// Fully connected layers with ReLU between them, over the flattened sample. Parameters are named "1.weight",
/// "1.bias", "3.weight" … as in the torch.nn.Sequential that pythonExpression() builds.
class Mlp final : public Network {
public:
    Mlp(std::int64_t features, const std::vector<std::int64_t>& hidden, std::int64_t classes);

    torch::Tensor forward(torch::Tensor inputs) override;
    std::string pythonExpression() const override { return m_expression; }

private:
    std::vector<torch::nn::Linear> m_layers;
    std::string m_expression;
};

/// Three 3×3 convolutions (32, 64, 128 channels), each with ReLU and 2×2 max pooling, then one linear layer:
/// the demo's model.
class Cnn final : public Network {
public:
    static constexpr std::int64_t kSideMin = 8;  ///< Pooled three times, one pixel must be left.

    Cnn(const std::vector<std::int64_t>& image, std::int64_t classes);

    torch::Tensor forward(torch::Tensor inputs) override;
    std::string pythonExpression() const override { return m_expression; }

private:
    std::vector<torch::nn::Conv2d> m_convolutions;
    torch::nn::Linear m_output = nullptr;
    std::string m_expression;
};

/// A small residual network (He, Zhang, Ren, Sun: Deep Residual Learning, 2016): a stem and three stages of
/// one basic block with 16, 32 and 64 channels, batch normalisation after each convolution, global average
/// pooling and one linear layer.
class ResNet final : public Network {
public:
    ResNet(const std::vector<std::int64_t>& image, std::int64_t classes);

    torch::Tensor forward(torch::Tensor inputs) override;

private:
    struct Block {
        torch::nn::Conv2d first = nullptr;
        std::shared_ptr<CombinedBatchNorm> firstNorm;
        torch::nn::Conv2d second = nullptr;
        std::shared_ptr<CombinedBatchNorm> secondNorm;
        torch::nn::Conv2d shortcut = nullptr;  ///< Null where the block keeps its shape.
        std::shared_ptr<CombinedBatchNorm> shortcutNorm;
    };

    Block addBlock(const std::string& name, std::int64_t from, std::int64_t to, std::int64_t stride);

    torch::nn::Conv2d m_stem = nullptr;
    std::shared_ptr<CombinedBatchNorm> m_stemNorm;
    std::vector<Block> m_blocks;
    torch::nn::Linear m_output = nullptr;
};

}  // namespace longship
