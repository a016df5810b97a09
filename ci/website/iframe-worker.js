// Browsers start no worker for a page that was opened from a file. There the search,
// which is one, runs in a hidden frame instead; mkdocs-material would load a script of
// another host for that, unless it finds one whose name has "iframe-worker" in it.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      const inner = (this.inner = frame.contentWindow);
      inner.document.open();
      inner.document.close();
      inner.postMessage = (data) =>
        this.dispatchEvent(new MessageEvent("message", { data }));
      const script = inner.document.createElement("script");
      this.ready = new Promise((done, failed) => {
        script.onload = done;
        script.onerror = failed;
      });
      script.src = new URL(url, location.href).href;
      inner.document.body.append(script);
    }
    postMessage(data) {
      const event = () => new this.inner.MessageEvent("message", { data });
      this.ready.then(() => this.inner.dispatchEvent(event()));
    }
    terminate() {
      this.inner.frameElement.remove();
    }
  };
}
