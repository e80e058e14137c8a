// Shows how far an upload and an import are, while they go on. Without it the page says so when it is loaded again.

const form = document.querySelector("form[data-upload]");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const bar = form.querySelector("progress");
  const trouble = form.querySelector("[data-trouble]");
  const button = form.querySelector("button[type=submit]");
  const fails = (text) => {
    trouble.textContent = text;
    trouble.hidden = false;
    bar.hidden = true;
    button.disabled = false;
  };
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.max = total;
    bar.value = loaded;
  });
  request.addEventListener("error", () => fails("The upload broke off. Send the same file again: it goes on where it ended."));
  request.addEventListener("load", () => {
    if (request.status < 400) {
      location.assign(request.responseURL);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const said = [...page.querySelectorAll(".problem-message, .hint span")].map((it) => it.textContent);
    fails(said.join(". ") || `The server answered ${request.status}.`);
  });
  trouble.hidden = true;
  bar.hidden = false;
  button.disabled = true;
  request.open("POST", form.action);
  request.send(new FormData(form));
});

const running = document.querySelector("[data-import]");
async function look() {
  const answer = await fetch(running.dataset.import).catch(() => null);
  const told = answer?.ok ? await answer.json() : null;
  if (told && !told.running) {
    location.replace(location.pathname);
    return;
  }
  if (told) {
    const bar = running.querySelector("progress");
    if (told.total > 0) {
      bar.max = told.total;
      bar.value = told.done;
    }
    for (const field of running.querySelectorAll("[data-field]")) field.textContent = told[field.dataset.field];
  }
  setTimeout(look, 1000);
}
if (running) setTimeout(look, 500);
