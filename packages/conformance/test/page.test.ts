import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../../../test/required.ts";
import { htmlReport } from "../src/reports/html.ts";
import { hostile, report } from "./peers/report.ts";

describeWith(["chromium"], "the HTML report in a browser", () => {
  let browser: Awaited<ReturnType<typeof chromium.launch>>;
  beforeAll(async () => {
    const args = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      chromiumSandbox: process.getuid?.() !== 0,
      args,
    });
  });
  afterAll(() => browser.close());

  async function open(html: string) {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => problems.push(`request of ${request.url()}`));
    await page.setContent(html);
    return { page, problems };
  }

  test("shows failures open and passes only on demand", async () => {
    const { page, problems } = await open(htmlReport(report()));
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("http://localhost:8000/");
    expect(await page.locator("[id='ws.binary'] table").isVisible()).toBe(true);
    expect(await page.locator("[id='ws.endpoint']").isVisible()).toBe(false);
    await page.getByRole("checkbox", { name: "1 passed" }).check();
    expect(await page.locator("[id='ws.endpoint']").isVisible()).toBe(true);
    await page.getByRole("checkbox", { name: "1 failed" }).uncheck();
    expect(await page.locator("[id='ws.binary']").isVisible()).toBe(false);
    expect(problems).toEqual([]);
  });

  test("runs nothing that a peer sent", async () => {
    const { page, problems } = await open(htmlReport(report([{ status: "fail", message: hostile }])));
    expect(await page.locator(".message").textContent()).toContain("<script>alert(1)</script>");
    expect(problems).toEqual([]);
  });
});
