// Drop a file, see the answer. Speaks English and Chinese, loads nothing, keeps nothing.

const TEXTS = {
  en: {
    version: "Version",
    prompt: "Drop an image here, or choose a file",
    formats: "DICOM, PNG, JPEG or TIFF, up to 256 MB",
    frame: "Frame",
    privacy: "The image goes to this server only and is forgotten once it has been answered.",
    answer: "Answer",
    waiting: "No image yet.",
    working: "Looking at the image…",
    done: "Done.",
    caption: "Probability of each class",
    caution: "A model's answer is not a diagnosis. A qualified person decides.",
    programs: "For programs:",
    preview: "The image that was sent",
    offline: "The server does not answer.",
    refused: "The server refused the image:",
  },
  "zh-CN": {
    version: "版本",
    prompt: "将图像拖到此处，或选择文件",
    formats: "DICOM、PNG、JPEG 或 TIFF，最大 256 MB",
    frame: "帧",
    privacy: "图像仅发送到本服务器，得出结果后即被丢弃。",
    answer: "结果",
    waiting: "尚无图像。",
    working: "正在分析图像…",
    done: "完成。",
    caption: "各类别的概率",
    caution: "模型的输出不是诊断结论，应由具备资质的人员判断。",
    programs: "程序接口：",
    preview: "已发送的图像",
    offline: "服务器没有响应。",
    refused: "服务器拒绝了该图像：",
  },
};

/** Sentences for what the server refuses most often; for others its own sentence, in English, is shown. */
const REFUSALS = {
  "zh-CN": {
    "imaging/format-unknown": "这不是可识别的图像文件。",
    "imaging/empty": "文件是空的。",
    "imaging/too-large": "图像过大。",
    "imaging/frame-missing": "没有这一帧。",
    "imaging/unreadable": "图像已损坏，无法读取。",
    "imaging/header-invalid": "文件头无效。",
    "imaging/frame-truncated": "图像数据不完整。",
    "imaging/pixel-data-missing": "文件中没有像素数据。",
    "imaging/codec-missing": "不支持该图像的压缩方式。",
    "serving/not-ready": "服务器尚未就绪或正忙，请稍后重试。",
    "serving/timeout": "处理该图像用时过长。",
  },
};

const element = (id) => document.getElementById(id);
let language = navigator.language.startsWith("zh") ? "zh-CN" : "en";
/** What the status line says: a key of TEXTS, or a refusal of the server. */
let state = { text: "waiting" };
let file = null;
/** Answers come back in any order; only the last question's is shown. */
let question = 0;

function speak() {
  const texts = TEXTS[language];
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = texts[node.dataset.text];
  const other = language === "en" ? "zh-CN" : "en";
  element("language").textContent = other === "en" ? "English" : "中文";
  element("language").lang = other;
  element("preview").alt = texts.preview;
  const refusal = state.code && (REFUSALS[language]?.[state.code] ?? state.sentence);
  element("status").textContent = refusal ? `${texts.refused} ${refusal}` : texts[state.text];
  element("status").classList.toggle("wrong", Boolean(refusal) || state.text === "offline");
}

function show(next) {
  state = next;
  speak();
}

function showAnswer(answer) {
  const percent = new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: 1 });
  const rows = answer.classes.map(({ name, probability }) => {
    const row = document.createElement("li");
    const title = document.createElement("span");
    const value = document.createElement("span");
    title.textContent = name;
    value.textContent = percent.format(probability);
    row.style.setProperty("--share", `${probability * 100}%`);
    row.append(title, " ", value);
    return row;
  });
  element("classes").replaceChildren(...rows);
  element("predicted").textContent = answer.predicted;
  element("preview").src = answer.preview;
  element("frames").textContent = answer.frames;
  element("frame").max = answer.frames;
  element("frame").value = answer.frame + 1;
  element("frame-row").hidden = answer.frames < 2;
  setVisible(true);
}

function setVisible(answered) {
  element("classes").hidden = !answered;
  element("predicted").hidden = !answered;
  element("preview").hidden = !answered;
  element("glass").toggleAttribute("hidden", answered);
}

async function ask() {
  if (!file) return;
  question += 1;
  const mine = question;
  show({ text: "working" });
  // Of a new file the program chooses the frame, and its answer says which.
  const number = Math.floor(Number(element("frame").value));
  const chosen = number >= 1 ? `&frame=${number - 1}` : "";
  let next;
  try {
    const response = await fetch(`predict?preview=1${chosen}`, { method: "POST", body: file });
    const answer = await response.json();
    if (mine !== question) return;
    if (response.ok) {
      showAnswer(answer);
      next = { text: "done" };
    } else {
      next = { code: answer.code, sentence: answer.error };
    }
  } catch {
    if (mine !== question) return;
    next = { text: "offline" };
  }
  if (next.text !== "done") setVisible(false);
  show(next);
}

function choose(chosen) {
  if (!chosen) return;
  file = chosen;
  element("frame").value = "";
  element("frame-row").hidden = true;
  void ask();
}

element("language").addEventListener("click", () => {
  language = language === "en" ? "zh-CN" : "en";
  speak();
});
element("file").addEventListener("change", ({ target }) => {
  choose(target.files[0]);
  // So that the same file can be chosen again.
  target.value = "";
});
element("frame").addEventListener("change", ask);
element("form").addEventListener("submit", (event) => event.preventDefault());
for (const type of ["dragenter", "dragover"]) {
  addEventListener(type, (event) => {
    event.preventDefault();
    element("drop").classList.add("over");
  });
}
addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) element("drop").classList.remove("over");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  element("drop").classList.remove("over");
  choose(event.dataTransfer.files[0]);
});
speak();
