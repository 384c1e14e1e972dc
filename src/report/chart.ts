import { LineChart, type LineSeriesOption, ScatterChart, type ScatterSeriesOption } from 'echarts/charts';
import { GridComponent, type GridComponentOption } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Axis } from './axes.ts';
import { escapeHtml } from './escape.ts';
import { distinctPoints, MANY_POINTS, type Point } from './points.ts';
import { INK } from './style.ts';

echarts.use([GridComponent, LineChart, ScatterChart, SVGRenderer]);

type Option = echarts.ComposeOption<GridComponentOption | LineSeriesOption | ScatterSeriesOption>;

/** Something drawn on the axes of a panel. */
export type Layer =
  /** Counts between edges, one more than there are counts: filled, or as an outline. */
  | {
      readonly kind: 'histogram';
      readonly edges: readonly number[];
      readonly counts: readonly number[];
      readonly colour: string;
      readonly filled: boolean;
    }
  | {
      readonly kind: 'line';
      readonly points: readonly Point[];
      readonly colour: string;
      readonly width: number;
      readonly opacity?: number;
      readonly dashed?: boolean;
    }
  /** Many points show by their colour how near they lie. */
  | { readonly kind: 'points'; readonly points: readonly Point[] };

/** One pair of axes with what is drawn on it. */
export interface Panel {
  readonly x: Axis & { readonly name: string };
  readonly y: Axis & { readonly name: string };
  /** From the back to the front. */
  readonly layers: readonly Layer[];
  /** In pixels, if not the usual size. */
  readonly width?: number;
  readonly height?: number;
  /** What there is to see, for those who do not see it. */
  readonly description: string;
}

const USUAL_WIDTH = 320;
const USUAL_HEIGHT = 250;
const MARGIN = { left: 62, right: 16, top: 10, bottom: 46 };
const FONT_SIZE = 12;

const SQUARE_PX = 1.75;
const CIRCLE_PX = 4.5;

/**
 * A panel as an SVG element that scales with its width, drawn by ECharts; its colours are variables of the page.
 *
 * @param name what ids in it begin with, so that those of several panels on a page differ
 */
export function drawPanel(panel: Panel, name: string): string {
  const { width = USUAL_WIDTH, height = USUAL_HEIGHT } = panel;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(optionOf(panel, width, height));
    return tidied(chart.renderToSVGString({ useViewBox: true }), panel.description, name);
  } finally {
    // what is not disposed of keeps the process alive
    chart.dispose();
  }
}

function optionOf({ x, y, layers }: Panel, width: number, height: number): Option {
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  return {
    animation: false,
    textStyle: { fontFamily: 'inherit', fontSize: FONT_SIZE },
    grid: { ...MARGIN, outerBoundsMode: 'none' },
    xAxis: { ...axisOption(x), nameGap: 28, splitLine: { show: false } },
    yAxis: {
      ...axisOption(y),
      nameGap: 45,
      splitLine: { show: true, lineStyle: { color: INK.grid, width: 1 } },
    },
    series: layers
      .flatMap((layer) => seriesOf(layer, x, y, inner))
      .map((series, z) => ({ ...series, z, silent: true, emphasis: { disabled: true } })),
  };
}

function axisOption({ name, min, max, interval }: Panel['x']) {
  return {
    ...{ type: 'value' as const, name, min, max, interval, nameLocation: 'middle' as const, silent: true },
    // the margins have room for all names and labels
    nameMoveOverlap: false,
    nameTextStyle: { color: INK.text, fontSize: FONT_SIZE },
    axisLabel: { color: INK.text, fontSize: FONT_SIZE, hideOverlap: true, formatter: tickLabel },
    axisLine: { show: true, onZero: false, lineStyle: { color: INK.axis, width: 1 } },
    axisTick: { show: true, length: 4, lineStyle: { color: INK.axis, width: 1 } },
  };
}

/** With a minus sign as long as a plus. */
function tickLabel(value: number): string {
  return String(Number(value.toPrecision(12))).replace('-', '−');
}

function seriesOf(
  layer: Layer,
  x: Axis,
  y: Axis,
  inner: { readonly width: number; readonly height: number },
): LineSeriesOption | ScatterSeriesOption | ScatterSeriesOption[] {
  const line = { type: 'line', showSymbol: false, clip: true } as const;
  switch (layer.kind) {
    case 'histogram':
      return {
        ...line,
        step: 'end',
        data: outlineOf(layer.edges, layer.counts),
        lineStyle: { color: layer.colour, width: layer.filled ? 0 : 1.75 },
        ...(layer.filled ? { areaStyle: { color: layer.colour, opacity: 1 } } : {}),
      };
    case 'line':
      return {
        ...line,
        data: layer.points.map(([px, py]) => [px, py]),
        lineStyle: {
          color: layer.colour,
          width: layer.width,
          opacity: layer.opacity ?? 1,
          type: layer.dashed ? 'dashed' : 'solid',
        },
      };
    case 'points':
      return pointSeries(layer, x, y, inner);
  }
}

function pointSeries(
  { points }: Extract<Layer, { kind: 'points' }>,
  x: Axis,
  y: Axis,
  { width, height }: { readonly width: number; readonly height: number },
): ScatterSeriesOption[] {
  if (points.length < MANY_POINTS) {
    const data = points.map(([px, py]) => [px, py]);
    return [{ type: 'scatter', data, symbolSize: CIRCLE_PX, itemStyle: { color: INK.predicted, opacity: 0.6 } }];
  }
  return distinctPoints(points, x, y, width, height).map((like, k) => ({
    ...{ type: 'scatter', large: true, largeThreshold: 0, progressive: 0, symbol: 'rect', symbolSize: SQUARE_PX },
    itemStyle: { color: INK.density[k], opacity: 1 },
    data: like.map(([px, py]) => [px, py]),
  }));
}

/** Corners of a histogram as a line with steps draws it, from the axis and back to it. */
function outlineOf(edges: readonly number[], counts: readonly number[]): [number, number][] {
  if (counts.length === 0) return [];
  const corners = counts.map((count, i): [number, number] => [edges[i], count]);
  return [[edges[0], 0], ...corners, [edges[counts.length], 0]];
}

/** Without what only a script would use; named for those who listen to the page. */
function tidied(svg: string, description: string, name: string): string {
  return (
    svg
      .replace(/ (class|ecmeta_\w+|pointer-events|xmlns:xlink)="[^"]*"/g, '')
      // ECharts counts the charts that it ever drew
      .replace(/\bzr\d+-/g, `${name}-`)
      .replace(/<style\b[\s\S]*?<\/style>/g, '')
      .replace(/^<svg /, `<svg role="img" aria-label="${escapeHtml(description)}" `)
  );
}
