// The printer's own window, from a button; without this script the browser's menu has it.
"use strict";

const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
