/* ---- files: chosen one after the other, told apart, taken away again ---- */

const sizeText = (bytes, language) => {
  const [unit, label] = bytes >= 1e6 ? [1e6, "MB"] : [1e3, "kB"];
  return `${(Math.ceil((bytes * 10) / unit) / 10).toLocaleString(language)} ${label}`;
};

/* What intake would refuse for sure: spares an upload. Everything else is judged in one place, by intake. */
function unfit(input, file, spoken) {
  const { maxSize, types } = input.dataset;
  if (!ofKind(input, file)) return fill(spoken.file_type, { name: file.name, types });
  return fits(input, file) ? "" : fill(spoken.file_too_large, { name: file.name, size: maxSize });
}

const ofKind = (input, file) => input.accept.split(",").some((end) => file.name.toLowerCase().endsWith(end));
const fits = (input, file) => ofKind(input, file) && file.size <= Number(input.dataset.maxBytes);

const unfitFiles = (form, spoken) =>
  [...form.querySelectorAll('input[type="file"]:not(:disabled)')].flatMap((input) =>
    [...input.files].flatMap((file) => {
      const message = unfit(input, file, spoken);
      return message ? [{ field: input.name, message }] : [];
    }),
  );

function put(input, files) {
  const carrier = new DataTransfer();
  for (const file of files) carrier.items.add(file);
  input.files = carrier.files;
}

const same = (one, other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

function listFiles(input, form, spoken, changed) {
  const field = input.closest("[data-field]");
  const language = input.closest("[lang]").lang;
  const list = field.querySelector(".sp-files") ?? input.insertAdjacentElement("afterend", make("ul", { className: "sp-files" }));
  const told = form.querySelector('[data-part="told"]');
  let kept = [...input.files];

  const draw = () => {
    put(input, kept);
    clearFault(field);
    list.replaceChildren(
      ...kept.map((file, index) => {
        const remove = make("button", { type: "button", className: "sp-remove" }, spoken.remove_file);
        remove.setAttribute("aria-label", fill(spoken.remove_this_file, { name: file.name }));
        remove.addEventListener("click", () => {
          kept = kept.filter((other) => other !== file);
          draw();
          if (told) told.textContent = fill(spoken.file_removed, { name: file.name });
          (list.querySelectorAll("button")[Math.min(index, kept.length - 1)] ?? input).focus();
          changed();
        });
        const name = make("span", { className: "sp-file-name" }, file.name);
        return make("li", {}, name, make("span", { className: "sp-file-size" }, sizeText(file.size, language)), remove);
      }),
    );
    for (const file of kept) {
      const message = unfit(input, file, spoken);
      if (message) fault(form, input.name, message);
    }
  };
  input.addEventListener("change", () => {
    // Choosing again adds to what was chosen; a browser alone would replace it.
    const fresh = [...input.files].filter((file) => !kept.some((other) => same(file, other)));
    if (input.multiple) kept = [...kept, ...fresh];
    else if (input.files.length) kept = [...input.files];
    if (fresh.length) field.querySelector(".sp-lost")?.remove();
    draw();
    changed();
  });
  if (kept.length) draw();
}
