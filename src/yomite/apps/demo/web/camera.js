// The camera: a phone's own camera application, or a small window with the picture of a desktop's camera.
import { build } from "./elements.js";

// root holds the button, the file input and the dialog; add(files) takes what was photographed.
export function startCamera(root, add) {
  const find = (selector) => root.querySelector(selector);
  const [button, input, dialog] = [find(".y-camera"), find(".y-camera-input"), find("dialog")];
  const video = dialog.querySelector("video");
  let stream = null;

  button.addEventListener("click", async () => {
    const isPhone = matchMedia("(pointer: coarse)").matches;
    if (isPhone || !navigator.mediaDevices?.getUserMedia) {
      input.click();
      return;
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      input.click(); // no camera, or not allowed: a file will do
      return;
    }
    video.srcObject = stream;
    dialog.showModal();
    await video.play();
  });
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
  dialog.addEventListener("close", () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    video.srcObject = stream = null;
  });
  dialog.querySelector(".y-dismiss").addEventListener("click", () => dialog.close());
  dialog.querySelector(".y-snap").addEventListener("click", () => {
    const side = Math.min(video.videoWidth, video.videoHeight);
    const canvas = build("canvas", { width: side, height: side });
    const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
    canvas.getContext("2d").drawImage(video, left, top, side, side, 0, 0, side, side);
    canvas.toBlob((blob) => add([new File([blob], "camera.png", { type: "image/png" })]));
    dialog.close();
  });
}
