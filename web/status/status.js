// The status page: books and last trades of every instrument, read from the public routes.
"use strict";

const LEVELS = 6;
const TRADES = 6;
const EVERY_MS = 1000;
const panels = new Map();

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function panelOf(symbol) {
  let panel = panels.get(symbol);
  if (panel) return panel;
  const section = element("section");
  section.dataset.symbol = symbol;
  const top = element("div", "top");
  const last = element("span", "last", "–");
  top.append(element("h2", "", symbol), last);
  const figures = element("div", "figures");
  const funding = element("div", "figures");
  const book = element("table");
  const trades = element("table");
  section.append(top, figures, funding, book, trades);
  document.getElementById("markets").append(section);
  panel = { last, figures, funding, book, trades };
  panels.set(symbol, panel);
  return panel;
}

function row(className, ...cells) {
  const tr = element("tr", className);
  for (const cell of cells) tr.append(element("td", "", cell));
  return tr;
}

function showBook(panel, book) {
  const rows = [element("caption", "", "Order book")];
  for (const [price, quantity] of book.asks.slice(0, LEVELS).reverse()) rows.push(row("sell", price, quantity));
  rows.push(row("spread", book.bids.length && book.asks.length ? "" : "one side is empty", ""));
  for (const [price, quantity] of book.bids.slice(0, LEVELS)) rows.push(row("buy", price, quantity));
  panel.book.replaceChildren(...rows);
}

function showTrades(panel, trades) {
  const rows = [element("caption", "", "Last trades")];
  for (const trade of trades.slice(0, TRADES)) {
    const time = new Date(trade.createdAt).toISOString().slice(11, 19);
    rows.push(row(trade.buyerIsTaker ? "buy" : "sell", trade.price, trade.quantity, time));
  }
  panel.trades.replaceChildren(...rows);
}

function showTicker(panel, ticker) {
  panel.last.textContent = ticker.lastPrice === "0" ? "–" : ticker.lastPrice;
  panel.last.className = "last " + (ticker.priceChange.startsWith("-") ? "sell" : "buy");
  const mark = ticker.markPrice ? `mark ${ticker.markPrice}` : "no mark price";
  panel.figures.textContent = `${mark} · ${ticker.priceChangePercent} % · ${ticker.count} trades in 24 h`;
}

// "0.000125" as "0.0125 %", without floating point: the point moves two places to the right.
function percent(rate) {
  const sign = rate.startsWith("-") ? "-" : "";
  const [whole, part = ""] = rate.slice(sign.length).split(".");
  const digits = part.padEnd(2, "0");
  const left = (whole + digits.slice(0, 2)).replace(/^0+(?=\d)/, "");
  return `${sign}${left}${digits.length > 2 ? "." + digits.slice(2) : ""} %`;
}

function countdown(until) {
  const seconds = Math.max(0, Math.floor((until - Date.now()) / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

// The mark's state and the next funding; empty for what has none.
function showMark(panel, mark) {
  const texts = [];
  if (mark.indexPrice) texts.push(`index ${mark.indexPrice}`);
  if (mark.isStale) texts.push("the mark is stale: nothing opens");
  if (mark.nextFundingTime) {
    texts.push(`funding ${percent(mark.predictedRate)} in ${countdown(mark.nextFundingTime)}`);
  }
  panel.funding.textContent = texts.join(" · ");
  panel.funding.className = mark.isStale ? "figures sell" : "figures";
}

async function get(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function listOf(answer) {
  return Array.isArray(answer) ? answer : answer.data;
}

async function refresh() {
  const state = document.getElementById("state");
  try {
    const [tickers, marks] = (await Promise.all([get("/api/v1/ticker"), get("/api/v1/mark-price")])).map(listOf);
    const markOf = new Map(marks.map((mark) => [mark.symbol, mark]));
    await Promise.all(tickers.map(async (ticker) => {
      const panel = panelOf(ticker.symbol);
      showTicker(panel, ticker);
      showMark(panel, markOf.get(ticker.symbol) ?? {});
      const symbol = encodeURIComponent(ticker.symbol);
      const [book, trades] = await Promise.all([
        get(`/api/v1/orderbook/${symbol}?limit=10`),
        get(`/api/v1/trades?symbol=${symbol}&limit=${TRADES}`),
      ]);
      showBook(panel, book);
      showTrades(panel, listOf(trades));
    }));
    state.textContent = tickers.length ? "live" : "no instruments yet: start with --demo";
    state.className = "ok";
    document.getElementById("markets").setAttribute("aria-busy", "false");
  } catch (error) {
    state.textContent = `no answer (${error.message})`;
    state.className = "bad";
  }
  setTimeout(refresh, EVERY_MS);
}

refresh();
