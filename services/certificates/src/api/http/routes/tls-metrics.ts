import { Counter, Gauge, type Registry } from 'prom-client';
import type { ServerTls } from '../../../platform/tls/server-tls.js';

/** What Prometheus may know of the certificate that the service shows. */
export function tlsMetrics(registry: Registry, tls: ServerTls): void {
  const registers = [registry];
  new Gauge({
    name: 'trustcast_tls_certificate_expiry_timestamp_seconds',
    help: 'Time at which the certificate expires that this process shows to its HTTPS clients.',
    registers,
    collect() {
      this.set(tls.expiresAt / 1_000);
    },
  });
  new Counter({
    name: 'trustcast_tls_certificate_reloads_total',
    help: 'Number of times that the files of the HTTPS certificate had changed, by outcome: loaded, or refused.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const outcome of ['loaded', 'refused'] as const) this.inc({ outcome }, tls.reloads[outcome]);
    },
  });
}
