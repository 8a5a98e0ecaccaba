// The camera: a phone's own camera application, or a small window with the picture of a desktop's camera.
import { build } from "./elements.js";

const FINE = { width: { ideal: 4096 }, height: { ideal: 4096 } }; // as many pixels as the camera has

// root holds the button, the file input and the dialog; add(files) takes what was photographed: a square where
// nothing else is said, else all that the camera sees.
export function startCamera(root, add, { isSquare = true } = {}) {
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
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", ...(!isSquare && FINE) } });
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
    const whole = [video.videoWidth, video.videoHeight];
    const [width, height] = isSquare ? [Math.min(...whole), Math.min(...whole)] : whole;
    const canvas = build("canvas", { width, height });
    canvas.getContext("2d").drawImage(video, (width - whole[0]) / 2, (height - whole[1]) / 2);
    canvas.toBlob((blob) => add([new File([blob], "camera.png", { type: "image/png" })]));
    dialog.close();
  });
}
