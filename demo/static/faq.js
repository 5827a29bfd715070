/* A form below its answer, and the script for it, only when somebody wants to write. */
const embed = document.currentScript.dataset.embed;

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-form]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const { form, site, page } = link.dataset;
  const element = document.createElement("sportello-form");
  for (const [name, value] of Object.entries({ form, site, page, lang: document.documentElement.lang })) {
    element.setAttribute(name, value);
  }
  element.tabIndex = -1;
  link.parentElement.replaceWith(element);
  // Until it is there, and if it never comes: the way to the form's own page.
  link.removeAttribute("data-form");
  element.append(link);
  element.focus();
  if (document.querySelector(`script[src="${embed}"]`)) return;
  document.head.append(Object.assign(document.createElement("script"), { src: embed }));
});
