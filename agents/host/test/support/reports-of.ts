import type { AgentStatus, JvmReport } from '@trustcast/schema';
import type { Host } from './host.js';
import type { JvmProcess } from './jvm-process.js';

/** What a status says of a JVM. */
export function reportOf(status: AgentStatus, { pid }: JvmProcess): JvmReport | undefined {
  return status.jvms.find((jvm) => jvm.pid === pid);
}

/** Waits until a host reports a JVM as a test has it. */
export function reportsOf(host: Host): (jvm: JvmProcess, holds: (report: JvmReport) => boolean) => Promise<JvmReport> {
  return async (jvm, holds) => {
    const status = await host.service.status((one) => {
      const report = reportOf(one, jvm);
      return report !== undefined && holds(report);
    }, 30_000);
    return reportOf(status, jvm)!;
  };
}
