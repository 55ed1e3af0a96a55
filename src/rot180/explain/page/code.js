// A layer as source code for rot180 and for PyTorch, with {x}, {w}, {b} and {dy} in place of numbers. See code.py.

export function codeOfLayer(layer) {
  const arrays = ["x", ...(layer.operation.pools ? [] : ["w"]), ...(layer.bias ? ["b"] : [])];
  return { rot180: inRot180(layer, arrays), pytorch: inPyTorch(layer, arrays) };
}

function inRot180(layer, arrays) {
  const { name: op, pools } = layer.operation,
    settings = keywords(layer, true),
    numbers = [...arrays, "dy"].map(name => `${name} = np.array({${name}}, dtype=np.float64)`);
  const pool = [
    "import numpy as np", "", "import rot180", "import rot180.functional as F", "", ...numbers, "",
    "x = rot180.tensor(x, requires_grad=True)", `y = F.${op}(x, ${tuple(layer.kernel)}${settings})`,
    "y.backward(rot180.tensor(dy))", "dx = x.grad", "",
  ];
  const bias = layer.bias ? ", b" : "";
  const convolution = [
    "import numpy as np", "", "import rot180.functional as F", "", ...numbers, "",
    `y = F.${op}(x, w${bias}${settings})`, `dx, dw, db = F.${op}_backward(dy, x, w${settings})`, "",
  ];
  return (pools ? pool : convolution).join("\n");
}

function inPyTorch(layer, arrays) {
  const { name: op, axes, pools, transposed } = layer.operation,
    uneven = layer.pads.some(([before, after]) => before !== after),
    settings = keywords(layer, false);
  const lines = ["import torch", "import torch.nn.functional as F", ""];
  for (const name of [...arrays, "dy"])
    lines.push(`${name} = torch.tensor({${name}}, dtype=torch.float64)${name === "dy" ? "" : ".requires_grad_()"}`);
  lines.push("");
  // PyTorch pads both ends equally; its F.pad starts with the last axis.
  if (uneven && !transposed) lines.push(`padded = F.pad(x, (${[...layer.pads].reverse().flat().join(", ")}))`);
  const image = uneven && !transposed ? "padded" : "x",
    bias = layer.bias && !(uneven && transposed) ? ", b" : "";
  lines.push(pools ? `y = F.${op}(x, ${tuple(layer.kernel)}${settings})` : `y = F.${op}(${image}, w${bias}${settings})`);
  if (uneven && transposed) {
    // Computed without padding, then cropped.
    lines.push(`y = y[..., ${layer.pads.map(([before], axis) => `${before}:${before + layer.y_size[axis]}`).join(", ")}]`);
    if (layer.bias) lines.push(`y = y + b.reshape(-1${", 1".repeat(axes)})`);
  }
  lines.push("y.backward(dy)", `${arrays.map(name => `d${name}`).join(", ")} = ${arrays.map(name => `${name}.grad`).join(", ")}`, "");
  return lines.join("\n");
}

// The settings that differ from their defaults, as keyword arguments.
function keywords(layer, pairs) {
  const { pools } = layer.operation,
    even = layer.pads.every(([before, after]) => before === after),
    same = list => list.every(one => one === list[0]);
  const found = [],
    add = (name, list, usual) => {
      if (!(same(list) && list[0] === usual)) found.push(`, ${name}=${tuple(list)}`);
    };
  if (pools ? String(layer.stride) !== String(layer.kernel) : !(same(layer.stride) && layer.stride[0] === 1))
    found.push(`, stride=${tuple(layer.stride)}`);
  if (even) add("padding", layer.pads.map(([before]) => before), 0);
  else if (pairs) found.push(`, padding=(${layer.pads.map(pair => `(${pair.join(", ")})`).join(", ")}${layer.pads.length === 1 ? "," : ""})`);
  add("output_padding", layer.output_padding, 0);
  add("dilation", layer.dilation, 1);
  add("groups", [layer.groups], 1);
  if (layer.ceil_mode) found.push(", ceil_mode=True");
  if (!layer.count_include_pad) found.push(", count_include_pad=False");
  return found.join("");
}

function tuple(sizes) {
  return sizes.every(one => one === sizes[0]) ? String(sizes[0]) : `(${sizes.join(", ")})`;
}
