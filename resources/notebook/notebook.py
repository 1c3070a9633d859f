# %% [markdown] en
# # {{model}}
#
# A model of Loupe with {{images}} pictures of the {{part}} part of its snapshot. This notebook loads both, computes the model's answers again, checks them
# against the studio's, and draws the figures.
#
# | file | what it holds |
# | --- | --- |
# | `model.onnx` | the model; takes pictures of {{size}} × {{size}} with values from 0 to 1 |
# | `images.npy` | the pictures as the network sees them, float32 `[cases, 1, {{size}}, {{size}}]` |
# | `cases.csv` | for each case its number, the truth, the studio's answer and its probabilities |
# | `about.json` | classes, threshold, recipe, snapshot, the studio's figures |
# | `loupe_onnx.py` | a small reader of ONNX files in plain numpy, for where onnxruntime is not installed |
#
# Names, numbers, dates and tags of patients were left behind; cases are numbered anew. **The files are not encrypted**, and a picture can show a person
# even so: treat the folder as you treat the pictures. These figures are for research; the model is no medical device.

# %% [markdown] zh-CN
# # {{model}}
#
# Loupe 的一个模型，以及其数据快照中{{part}}部分的 {{images}} 幅图像。本笔记本读入两者，重新计算模型的输出，与程序保存的结果核对，并绘制图表。
#
# | 文件 | 内容 |
# | --- | --- |
# | `model.onnx` | 模型；输入为 {{size}} × {{size}} 的图像，取值 0 到 1 |
# | `images.npy` | 网络所见的图像，float32 `[病例数, 1, {{size}}, {{size}}]` |
# | `cases.csv` | 每个病例的编号、真实类别、程序的判断及其概率 |
# | `about.json` | 类别、阈值、配方、快照、程序给出的指标 |
# | `loupe_onnx.py` | 只用 numpy 的小型 ONNX 读取器，在没有安装 onnxruntime 时使用 |
#
# 患者的姓名、编号、日期和标签均未带出；病例已重新编号。**这些文件没有加密**，而图像本身仍可能让人被认出：请像对待图像一样对待这个文件夹。
# 这些指标仅供研究；该模型不是医疗器械。

# %%
import csv
import json

import numpy as np

with open("about.json", encoding="utf-8") as file:
    about = json.load(file)
with open("cases.csv", encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))

classes = about["classes"]
images = np.load("images.npy")
case = np.array([int(row["case"]) for row in rows])
truth = np.array([int(row["truth"]) for row in rows])
said = np.array([[float(row[f"p{c}"]) for c in range(len(classes))] for row in rows])
decided = np.array([int(row["predicted"]) for row in rows])
assert len(images) == len(rows) == about["images"]
print(f"{len(images)} x {images.shape[1:]}, {images.dtype}; " + ", ".join(f"{name}: {(truth == c).sum()}" for c, name in enumerate(classes)))

# %% [markdown] en
# ## The model's answers
#
# With onnxruntime where it is installed, otherwise with the reader that lies beside this notebook.

# %% [markdown] zh-CN
# ## 模型的输出
#
# 安装了 onnxruntime 就用它，否则用本笔记本旁边的读取器。

# %%
try:
    import onnxruntime

    session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
    reader = f"onnxruntime {onnxruntime.__version__}"

    def answer(batch):
        return session.run(["probabilities"], {"image": batch})[0]

except ImportError:
    import loupe_onnx

    model = loupe_onnx.Model("model.onnx")
    reader = "loupe_onnx.py (numpy)"

    def answer(batch):
        return model.run({"image": batch})["probabilities"]

BATCH = 16
probabilities = np.concatenate([answer(images[i : i + BATCH]) for i in range(0, len(images), BATCH)])
print(f"computed by {reader}")

# %% [markdown] en
# ## Are they the studio's?
#
# Float models agree to rounding. Models in int8 round every layer, so another runtime may land on the neighbouring step here and there: their limit is wider.

# %% [markdown] zh-CN
# ## 与程序的结果一致吗？
#
# 浮点模型只差舍入误差。int8 模型逐层取整，换一个运行库时个别数值可能落到相邻的一级，所以容许的差别较大。

# %%
tolerance = about["tolerance"]
difference = float(np.abs(probabilities - said).max())
if len(classes) == 2:
    predicted = (probabilities[:, 1] > about["threshold"]).astype(int)
else:
    predicted = probabilities.argmax(1)
other = predicted != decided
print(f"largest difference of a probability: {difference:.2e} (allowed: {tolerance:g})")
print(f"decided otherwise: {other.sum()} of {len(other)}")
assert difference <= tolerance, "These are not the answers that the studio gave."

# %% [markdown] en
# ## Figures

# %% [markdown] zh-CN
# ## 指标

# %%
def roc(positive, score):
    """False and true positive rates from the strictest threshold to the loosest; equal scores move together."""
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    hits = np.cumsum(positive[order])[last]
    alarms = last + 1 - hits
    return np.append(0, alarms / max(1, (~positive).sum())), np.append(0, hits / max(1, positive.sum()))


def area(x, y):
    return float(((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2).sum())


shown = [1] if len(classes) == 2 else range(len(classes))
curves = {c: roc(truth == c, probabilities[:, c].astype(float)) for c in shown if 0 < (truth == c).sum() < len(truth)}
auc = float(np.mean([area(*curve) for curve in curves.values()])) if len(curves) == len(shown) else None
accuracy = float((predicted == truth).mean())
for name, ours, studio in (("accuracy", accuracy, about["figures"]["accuracy"]), ("AUC", auc, about["figures"]["auc"])):
    if ours is None or studio is None:
        print(f"{name}: a class is missing")
        continue
    print(f"{name}: {ours:.4f}; studio: {studio['value']:.4f} ({studio['low']:.4f} to {studio['high']:.4f})")
    assert abs(ours - studio["value"]) <= about["figureTolerance"]

confusion = np.array([[((truth == t) & (predicted == p)).sum() for p in range(len(classes))] for t in range(len(classes))])
print("rows: truth, columns: predicted\n", confusion)

# %%
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("Install matplotlib to see the pictures.")
else:
    plt.rcParams["font.sans-serif"] = ["Noto Sans CJK SC", "WenQuanYi Micro Hei", "Microsoft YaHei", "PingFang SC", "DejaVu Sans"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), constrained_layout=True)
    for c, (x, y) in curves.items():
        left.plot(x, y, label=f"{classes[c]}: AUC {area(x, y):.3f}")
    left.plot([0, 1], [0, 1], color="0.6", linestyle=":")
    left.set(xlabel="1 - specificity", ylabel="sensitivity", title="ROC", xlim=(0, 1), ylim=(0, 1.01), aspect="equal")
    left.legend(loc="lower right")
    right.imshow(confusion, cmap="Blues")
    for t, p in np.ndindex(*confusion.shape):
        dark = confusion[t, p] > confusion.max() / 2
        right.text(p, t, confusion[t, p], ha="center", va="center", color="white" if dark else "black")
    right.set(xlabel="predicted", ylabel="truth", xticks=range(len(classes)), yticks=range(len(classes)), title=f"accuracy {accuracy:.3f}")
    right.set_xticklabels(classes)
    right.set_yticklabels(classes)
    plt.show()

# %% [markdown] en
# ## The cases that it is most wrong about

# %% [markdown] zh-CN
# ## 判断偏差最大的病例

# %%
loss = -np.log(np.maximum(probabilities[np.arange(len(truth)), truth], 1e-12))
worst = np.argsort(-loss, kind="stable")[:8]
for i in worst:
    print(f"case {case[i]}: {classes[truth[i]]}, predicted {classes[predicted[i]]} ({probabilities[i, predicted[i]]:.2f})")
try:
    import matplotlib.pyplot as plt
except ImportError:
    pass
else:
    figure, axes = plt.subplots(2, 4, figsize=(11, 6), constrained_layout=True)
    for axis in axes.flat:
        axis.axis("off")
    for axis, i in zip(axes.flat, worst):
        axis.imshow(images[i, 0], cmap="gray", vmin=0, vmax=1)
        axis.set_title(f"{case[i]}: {classes[truth[i]]}", fontsize=9)
    plt.show()
