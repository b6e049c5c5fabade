// Draws the blocks of blocks.py. Only textContent and our own class names reach the page: data from
// logs and directories never becomes HTML, and a link can only lead to this same page.

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function drawCell(cell, follow) {
  const isLink = typeof cell.link === "string" && cell.link.startsWith("?");
  const made = element(isLink ? "a" : "span", "", cell.text);
  if (cell.is_strong) made.classList.add("strong");
  if (cell.is_quiet) made.classList.add("quiet");
  if (cell.hint) made.title = cell.hint;
  if (isLink) {
    made.href = cell.link;
    made.addEventListener("click", (event) => {
      // A new tab or window opens the address as it is.
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      follow(cell.link);
    });
  }
  return made;
}

function drawLine(block, follow) {
  const line = element(block.look === "crumbs" ? "nav" : "p", block.look);
  if (block.look === "warning") line.setAttribute("role", "alert");
  line.append(...block.cells.map((cell) => drawCell(cell, follow)));
  return line;
}

function drawFacts(block, follow) {
  const whole = element("section", `facts ${block.look}`);
  if (block.title) whole.append(element("h3", "", block.title));
  const list = element("dl");
  for (const [name, cell] of block.facts) {
    const pair = element("div");
    const value = element("dd");
    value.append(drawCell(cell, follow));
    pair.append(element("dt", "", name), value);
    list.append(pair);
  }
  whole.append(list);
  return whole;
}

function drawTable(block, follow) {
  const whole = element("figure");
  const scroller = element("div", "scroller");
  const table = element("table");
  table.append(element("caption", "", block.caption));
  const side = (index) =>
    block.numbers.includes(index) ? "number" : block.texts.includes(index) ? "text" : "";
  const head = element("tr");
  block.columns.forEach((name, index) => {
    const title = element("th", side(index), name);
    title.scope = "col";
    head.append(title);
  });
  const top = element("thead");
  top.append(head);
  const body = element("tbody");
  for (const cells of block.rows) {
    const row = element("tr");
    cells.forEach((cell, index) => {
      const box = element("td", side(index));
      box.append(drawCell(cell, follow));
      row.append(box);
    });
    body.append(row);
  }
  table.append(top, body);
  scroller.append(table);
  whole.append(scroller);
  if (block.pager.length > 0) {
    const pager = element("p", "pager");
    pager.append(...block.pager.map((cell) => drawCell(cell, follow)));
    whole.append(pager);
  }
  return whole;
}

const DRAW = { Line: drawLine, Facts: drawFacts, Table: drawTable };

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const follow = (link) => {
    setTriggerValue("link", link);
    document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  };
  const root = parentElement.querySelector(".blocks");
  root.replaceChildren(...data.blocks.map((block) => DRAW[block.kind](block, follow)));
}
