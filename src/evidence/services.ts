import type { Package } from "./packages/package.ts";
import type { Tree } from "./tree/tree-entry.ts";

const SYSTEMD = /^\/etc\/systemd\/(system|user)\/[^/]+\.(?:wants|requires|upholds)\/([^/]+)$/;
const OPENRC = /^\/etc\/runlevels\/([^/]+)\/([^/]+)$/;
const SYSV = /^\/etc\/rc[2-5]\.d\/S\d\d([^/]+)$/;

/** What starts by itself: links by which systemd, OpenRC or System V init enables units. Sorted. */
export function enabledUnits(tree: Tree): string[] {
  const units = new Set<string>();
  for (const [path, { type }] of tree) {
    if (type !== "link" || !path.startsWith("/etc/")) continue;
    const [, scope, unit] = SYSTEMD.exec(path) ?? [];
    if (unit !== undefined) units.add(scope === "user" ? `${unit} (user)` : unit);
    const [, level, service] = OPENRC.exec(path) ?? [];
    if (service !== undefined) units.add(`${service} (${level})`);
    const [, script] = SYSV.exec(path) ?? [];
    if (script !== undefined) units.add(`${script} (init.d)`);
  }
  return [...units].sort();
}

/** Packages that, once they are started, answer on a port: what a person who publishes an image wants to know of. */
const LISTENERS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^(openssh-server|dropbear(-bin)?|tinysshd)$/, "SSH, 22"],
  [/^(telnetd|inetutils-telnetd|telnet-server)$/, "Telnet, 23"],
  [/^(nginx(-core|-light|-full|-extras)?|apache2|httpd|lighttpd|caddy|haproxy|traefik|varnish)$/, "HTTP, 80 and 443"],
  [/^(tomcat\d*|jetty\d*)$/, "HTTP, 8080"],
  [/^(squid|squid-openssl|tinyproxy)$/, "HTTP proxy, 3128"],
  [/^(mysql-server(-.*)?|mariadb-server(-.*)?|mysql-community-server)$/, "MySQL, 3306"],
  [/^(postgresql-\d+|postgresql\d*-server)$/, "PostgreSQL, 5432"],
  [/^(redis-server|redis|valkey-server|valkey|keydb-server)$/, "Redis, 6379"],
  [/^memcached$/, "memcached, 11211"],
  [/^(mongodb-server(-core)?|mongodb-org-server)$/, "MongoDB, 27017"],
  [/^(elasticsearch|opensearch)$/, "Elasticsearch, 9200"],
  [/^rabbitmq-server$/, "AMQP, 5672"],
  [/^mosquitto$/, "MQTT, 1883"],
  [/^(postfix|exim4-daemon-.*|exim|sendmail(-bin)?|opensmtpd)$/, "SMTP, 25"],
  [/^(dovecot-(imapd|pop3d)|dovecot|cyrus-imapd)$/, "IMAP, 143 and 993"],
  [/^(bind9|bind|unbound|dnsmasq|knot|pdns-server|named)$/, "DNS, 53"],
  [/^(isc-dhcp-server|kea-dhcp4-server|dhcp-server)$/, "DHCP, 67"],
  [/^(vsftpd|proftpd(-core|-basic)?|pure-ftpd)$/, "FTP, 21"],
  [/^(nfs-kernel-server|nfs-utils)$/, "NFS, 2049"],
  [/^(rpcbind|portmap)$/, "portmapper, 111"],
  [/^(samba|samba-ad-dc)$/, "SMB, 445"],
  [/^(slapd|openldap-servers)$/, "LDAP, 389"],
  [/^(snmpd|net-snmp)$/, "SNMP, 161"],
  [/^(chrony|ntp|ntpsec|openntpd)$/, "NTP, 123"],
  [/^(cups|cups-daemon)$/, "IPP, 631"],
  [/^(avahi-daemon|avahi)$/, "mDNS, 5353"],
  [/^(docker\.io|docker-ce|moby-engine)$/, "containers, with the ports that they publish"],
  [/^(prometheus|prometheus-node-exporter|node_exporter)$/, "metrics, 9090 or 9100"],
  [/^(xrdp|tigervnc-standalone-server|x11vnc)$/, "remote desktop, 3389 or 5900"],
  [/^(rsync-daemon|tftpd-hpa|atftpd|tftp-server)$/, "file transfer, 69 or 873"],
];

/** What a package answers on, if it is one that does: `SSH, 22`. */
export function listensOn({ name }: Pick<Package, "name">): string | undefined {
  return LISTENERS.find(([pattern]) => pattern.test(name))?.[1];
}
