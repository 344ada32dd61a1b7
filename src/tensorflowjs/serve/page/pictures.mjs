/** Pictures as inputs: from a file, the camera, or drawn by hand; scaled to what the model takes. */

import { button, element, labelled, select } from "./elements.mjs";
import { trouble } from "./troubles.mjs";

const RANGES = [
  ["unit", "0 to 1"],
  ["signed", "−1 to 1"],
  ["byte", "0 to 255"],
];
const SCALES = { unit: (byte) => byte / 255, signed: (byte) => byte / 127.5 - 1, byte: (byte) => byte };
const UNKNOWN_SIZE = 224;

export function looksLikePicture({ dtype, shape }) {
  if (!shape || shape.length !== 4 || !["float32", "int32"].includes(dtype)) return false;
  return [1, 3, 4].includes(shape[3]) && shape.slice(1, 3).every((size) => size === null || size >= 8);
}

/** What one picture input shows; `changed` is called when there is something new to run on. */
class Picture {
  constructor({ dtype, shape }, changed) {
    Object.assign(this, { dtype, changed });
    [this.height, this.width, this.channels] = [shape[1] ?? UNKNOWN_SIZE, shape[2] ?? UNKNOWN_SIZE, shape[3]];
    this.canvas = element("canvas", {
      width: this.width,
      height: this.height,
      class: "picture",
      role: "img",
      "aria-label": "What the model sees",
    });
    this.pen = this.canvas.getContext("2d", { willReadFrequently: true });
    this.range = select(RANGES, dtype === "int32" ? "byte" : "unit", { change: changed });
    this.filled = false;
  }

  /** The largest part of `source` that has the right proportions. */
  draw(source, width, height) {
    const scale = Math.max(this.width / width, this.height / height);
    const [w, h] = [width * scale, height * scale];
    this.pen.imageSmoothingQuality = "high";
    this.pen.drawImage(source, (this.width - w) / 2, (this.height - h) / 2, w, h);
    this.filled = true;
  }

  get shape() {
    return [1, this.height, this.width, this.channels];
  }

  values() {
    if (!this.filled) throw new Error("There is no picture yet.");
    const { data } = this.pen.getImageData(0, 0, this.width, this.height);
    const scale = SCALES[this.range.value];
    const made = new (this.dtype === "int32" ? Int32Array : Float32Array)(this.width * this.height * this.channels);
    for (let pixel = 0; pixel < this.width * this.height; pixel += 1) {
      const [red, green, blue, alpha] = data.subarray(4 * pixel, 4 * pixel + 4);
      const bytes = this.channels === 1 ? [0.299 * red + 0.587 * green + 0.114 * blue] : [red, green, blue, alpha];
      for (let channel = 0; channel < this.channels; channel += 1)
        made[this.channels * pixel + channel] = scale(bytes[channel]);
    }
    return made;
  }

  preview(...more) {
    return element(
      "div",
      { class: "preview" },
      this.canvas,
      element("div", { class: "beside" }, labelled("Pixel values", this.range), ...more),
    );
  }
}

export function fileInput(spec, changed) {
  const picture = new Picture(spec, changed);
  const said = element("div");
  const chosen = async () => {
    said.replaceChildren();
    try {
      const bitmap = await createImageBitmap(control.files[0]);
      picture.draw(bitmap, bitmap.width, bitmap.height);
      changed();
    } catch (error) {
      said.replaceChildren(trouble("This file cannot be shown", error));
    }
  };
  const control = element("input", { type: "file", accept: "image/*", on: { change: chosen } });
  return { picture, element: element("div", {}, labelled("Picture", control), said, picture.preview()), close() {} };
}

export function drawnInput(spec, changed) {
  const picture = new Picture(spec, changed);
  const { canvas, pen, width, height } = picture;
  const clear = () => {
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, width, height);
    picture.filled = true;
  };
  const place = (event) => {
    const { left, top, width: wide, height: high } = canvas.getBoundingClientRect();
    return [((event.clientX - left) * width) / wide, ((event.clientY - top) * height) / high];
  };
  const move = (event) => {
    if (!event.buttons) return;
    pen.lineTo(...place(event));
    pen.stroke();
  };
  const down = (event) => {
    canvas.setPointerCapture(event.pointerId);
    Object.assign(pen, {
      strokeStyle: "#fff",
      lineWidth: Math.max(1.5, width / 12),
      lineCap: "round",
      lineJoin: "round",
    });
    pen.beginPath();
    pen.moveTo(...place(event));
    move(event);
  };
  clear();
  canvas.classList.add("drawable");
  canvas.setAttribute("aria-label", "Draw here with mouse, finger or pen");
  for (const [event, listener] of [
    ["pointerdown", down],
    ["pointermove", move],
    ["pointerup", changed],
  ])
    canvas.addEventListener(event, listener);
  const clearing = button("Clear", clear, { class: "quiet" });
  return {
    picture,
    element: element(
      "div",
      {},
      element("p", { class: "hint" }, "Draw with mouse, finger or pen."),
      picture.preview(clearing),
    ),
    close() {},
  };
}

export function cameraInput(spec, changed) {
  const picture = new Picture(spec, changed);
  const video = element("video", { class: "unseen", muted: true, playsinline: true });
  const live = element("input", { type: "checkbox" });
  let stream = null;
  let looping = false;
  const show = () => picture.draw(video, video.videoWidth, video.videoHeight);
  const loop = async () => {
    looping = true;
    while (stream && live.checked) {
      show();
      await changed();
      await new Promise(requestAnimationFrame);
    }
    looping = false;
  };
  live.addEventListener("change", () => live.checked && stream && !looping && loop());
  const said = element("div");
  const begin = button(
    "Start the camera",
    async () => {
      said.replaceChildren();
      if (!navigator.mediaDevices) throw new Error("The camera needs https, or a browser on this very computer.");
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      await video.play();
      show();
      await changed();
      if (live.checked) loop();
    },
    { failed: (error) => said.replaceChildren(trouble("There is no picture from the camera", error)) },
  );
  const close = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
  };
  const values = picture.values.bind(picture);
  picture.values = () => {
    if (stream) show();
    return values();
  };
  const keep = element("label", { class: "check" }, live, "Keep running");
  return {
    picture,
    element: element("div", {}, element("div", { class: "row" }, begin, keep), said, video, picture.preview()),
    close,
  };
}
