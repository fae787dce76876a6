// Draws the meters on the map that Folium's script has made. Data come as JSON, cell by cell, and enter the page as
// text only: no HTML is ever built from them.
const STATUSES = ["critical", "high", "open_job", "needs_review", "overdue", "no_reading", "ok"];
const LABELS = { critical: "Critical risk", high: "High risk", open_job: "Job open", needs_review: "Needs review", overdue: "Overdue", no_reading: "No reading yet", ok: "In order" };
const SIGNS = { critical: "!!", high: "!", open_job: "J", needs_review: "?", overdue: "…", no_reading: "–", ok: "✓" };
// With more cells than this in view, each is one circle with its count and its meters are not loaded.
const MOST_CELLS = 80;
const EVERY_MS = 20000;

const map = window.map_fleet;
map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
const cluster = window.marker_cluster_fleet;
const cells = L.layerGroup().addTo(map);
const circles = L.layerGroup().addTo(map);
const filters = document.getElementById("filters");
const loaded = new Map(); // cell -> { version, markers }
let index = { version: -1, shards: {} };

function worst(statuses) {
  return STATUSES.find((status) => statuses.has(status)) || "ok";
}

function circle(count, status) {
  const content = document.createElement("span");
  content.textContent = count;
  const size = count < 10 ? 30 : count < 100 ? 36 : 44;
  return L.divIcon({ html: content, className: "leaflet-div-icon cluster cluster-" + status, iconSize: [size, size] });
}

// Named by the script that Folium wrote.
window.clusterIcon = function (group) {
  const markers = group.getAllChildMarkers();
  return circle(markers.length, worst(new Set(markers.map((marker) => marker.meter.status))));
};

function statusToday(properties) {
  const today = new Date().toISOString().slice(0, 10);
  const overdue = properties.status === "ok" && properties.overdue_from && properties.overdue_from <= today;
  return overdue ? "overdue" : properties.status;
}

function popup(meter) {
  const box = document.createElement("div");
  box.className = "popup";
  const line = (tag, text) => box.appendChild(document.createElement(tag)).textContent = text;
  line("h3", meter.meter_id);
  line("p", LABELS[meter.status]);
  line("p", meter.kind + ", zone " + meter.zone);
  line("p", meter.read_at ? "Last reading " + meter.read_at.slice(0, 16).replace("T", " ") + " UTC" : "Never read");
  if (meter.open_job && meter.status !== "open_job") line("p", "Job open");
  if (meter.needs_review && meter.status !== "needs_review") line("p", "Needs review");
  return box;
}

function markerOf(feature) {
  const [lon, lat] = feature.geometry.coordinates;
  const meter = { ...feature.properties, status: statusToday(feature.properties) };
  const sign = document.createElement("span");
  sign.textContent = SIGNS[meter.status];
  const icon = L.divIcon({ html: sign, className: "leaflet-div-icon mark mark-" + meter.status, iconSize: [24, 24] });
  const label = meter.meter_id + ": " + LABELS[meter.status];
  const marker = L.marker([lat, lon], { icon, title: label, alt: label, zIndexOffset: -1000 * STATUSES.indexOf(meter.status) });
  marker.meter = meter;
  return marker.bindPopup(() => popup(meter));
}

function chosen(name) {
  return new Set([...filters.querySelectorAll("input[name=" + name + "]:checked")].map((input) => input.value));
}

function draw() {
  const statuses = chosen("status");
  const kinds = chosen("kind");
  cluster.clearLayers();
  for (const { markers } of loaded.values()) {
    cluster.addLayers(markers.filter(({ meter }) => statuses.has(meter.status) && kinds.has(meter.kind)));
  }
}

async function json(path) {
  const answer = await fetch(path, { cache: "no-cache" });
  if (!answer.ok || answer.redirected) throw new Error(path);
  return answer.json();
}

function edges([south, west, north, east]) {
  return L.latLngBounds([south, west], [north, east]);
}

async function showView() {
  const view = map.getBounds();
  const visible = Object.entries(index.shards).filter(([, cell]) => view.intersects(edges(cell.bounds)));
  const near = visible.length <= MOST_CELLS;
  const stale = visible.filter(([name, cell]) => near && (loaded.get(name) || {}).version !== cell.version);
  // The published file may be newer than the index; what counts is which version the index named when it was loaded.
  await Promise.all(stale.map(async ([name, cell]) => {
    const points = await json("/data/shards/" + name + ".json");
    loaded.set(name, { version: cell.version, markers: points.features.map(markerOf) });
  }));
  circles.clearLayers();
  for (const [name, cell] of visible) {
    const statuses = STATUSES.filter((status) => cell.counts[status]);
    if (loaded.has(name) || !statuses.length) continue;
    const count = statuses.reduce((sum, status) => sum + cell.counts[status], 0);
    L.marker(edges(cell.bounds).getCenter(), { icon: circle(count, statuses[0]), interactive: false, keyboard: false }).addTo(circles);
  }
  if (stale.length) draw();
}

async function refresh() {
  const newest = await json("/data/index.json");
  if (newest.version === index.version) return;
  index = newest;
  cells.clearLayers();
  for (const cell of Object.values(index.shards)) {
    L.rectangle(edges(cell.bounds), { color: "#9fb3c1", weight: 1, fillColor: "#ffffff", fillOpacity: 0.55, interactive: false }).addTo(cells);
  }
  await showView();
}

function fail() {
  document.getElementById("map-note").textContent = "The map's data could not be loaded; the list below is complete.";
}

filters.addEventListener("change", draw);
map.on("moveend", () => showView().catch(fail));
refresh().catch(fail);
setInterval(() => document.hidden || refresh().catch(fail), EVERY_MS);
