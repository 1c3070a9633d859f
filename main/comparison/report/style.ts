// How the report looks, on the screen and on paper. Page numbers are margin boxes of CSS Paged Media, which Chromium 131 and newer fill.

const FONTS = `system-ui,"Segoe UI","Helvetica Neue",Arial,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","WenQuanYi Micro Hei",sans-serif`;

/** `footer`: stands at the foot of every sheet beside its number. */
export const styleOf = (footer: string, pageOf: string): string => `
@page{size:A4;margin:17mm 15mm 19mm;
@bottom-left{content:${cssText(footer)};font:8pt ${FONTS};color:#555}
@bottom-right{content:${pageOf};font:8pt ${FONTS};color:#555}}
*{box-sizing:border-box}
body{font:10.5pt/1.45 ${FONTS};max-width:190mm;margin:8mm auto;padding:0 6mm;color:#111;background:#fff;-webkit-print-color-adjust:exact;print-color-adjust:exact}
h1{font-size:20pt;line-height:1.2;margin:0 0 2mm}h2{font-size:14pt;margin:7mm 0 2mm;padding-bottom:1mm;border-bottom:1px solid #888;break-after:avoid}
h3{font-size:11.5pt;margin:5mm 0 1.5mm;break-after:avoid}p{margin:0 0 2mm;overflow-wrap:anywhere}p.pre{white-space:pre-wrap}
.quiet{color:#555}.note{border-left:3px solid #0067b0;padding:1mm 0 1mm 3mm;margin:0 0 3mm;color:#333}
table{border-collapse:collapse;width:100%;margin:0 0 3mm;font-size:9.5pt;font-variant-numeric:tabular-nums}
thead{display:table-header-group}tr{break-inside:avoid}
th,td{border:1px solid #bbb;padding:1mm 1.6mm;text-align:left;vertical-align:top;overflow-wrap:anywhere}
thead th{background:#eef1f4;overflow-wrap:break-word}th{overflow-wrap:break-word}th[scope=row]{font-weight:600}td.n,th.n{text-align:right}td.n{overflow-wrap:normal}
table.facts{break-inside:avoid}table.facts th{width:38%;font-weight:500}td.diagonal{background:#e2eef8;font-weight:600}
.plots{display:grid;grid-template-columns:1fr 1fr;gap:4mm}
figure{margin:0;break-inside:avoid}figcaption{font-weight:600;font-size:9.5pt;margin-bottom:1mm}
figure>svg{width:100%;height:auto;display:block;font:9px ${FONTS};fill:#333}
.grid line{stroke:#e3e6ea}.frame{fill:none;stroke:#888}.lines path{fill:none;stroke-linejoin:round}svg .axis{font-size:10px}
.legend{list-style:none;padding:0;margin:1mm 0 0;font-size:8.5pt;display:flex;flex-wrap:wrap;gap:0 4mm}
section.run{break-before:page}.keep{break-inside:avoid}
@media print{body{margin:0;padding:0;max-width:none}}
@media screen and (max-width:640px){.plots{grid-template-columns:1fr}}`;

/** A string of CSS: what could end it, or the style element, is escaped by number. */
function cssText(text: string): string {
  return `"${text.replace(/[^\p{L}\p{N} .,:;()·–-]/gu, (one) => `\\${one.codePointAt(0)!.toString(16)} `)}"`;
}
