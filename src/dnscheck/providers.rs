//! Who answers for a domain's records, by the names of its name servers, and how records are entered there where that
//! differs from a zone file.
//!
//! The table has only what providers document; what is not in it is not said.

use std::sync::Arc;
use std::time::Duration;

use mox_address::Domain;
use mox_clock::Clock;
use mox_dns::{BudgetedResolver, Record, RecordType, Resolver};

/// Longest time for finding out.
const TIME: Duration = Duration::from_millis(900);
/// Most questions: a domain, and those above it.
const QUESTIONS: u32 = 4;

/// A provider of name servers.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name.
    pub name: &'static str,
    /// Ends of names of its name servers; with a final dash, beginnings of one of their labels.
    servers: &'static [&'static str],
    /// What its form has for the domain itself.
    apex: Option<Apex>,
    /// What its form wants of texts.
    texts: Option<Texts>,
    /// What else matters.
    more: &'static [&'static str],
}

/// What a form has for the name of the domain itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Apex {
    At,
    Empty,
}

/// How the text of a TXT record is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Texts {
    /// As in a zone file: in quotes, more than 255 characters as several strings.
    Quoted,
    /// As one text, which the provider splits.
    Whole,
}

const IMPORT: &str = "The zone file can be imported as a whole.";
const FINAL_DOT: &str =
    "Names in data (of MX, SRV and CNAME) end with a dot; else the domain is put behind them.";
const NO_TLSA: &str = "There are no TLSA records: mail to this domain cannot be protected by DANE while its mail host is in this zone.";

/// See the file.
const PROVIDERS: &[Provider] = &[
    Provider {
        name: "Cloudflare",
        servers: &["ns.cloudflare.com"],
        apex: Some(Apex::At),
        texts: Some(Texts::Whole),
        more: &[
            "Switch the proxy off (\"DNS only\") for the names of mail hosts and of settings for mail programs: it does not pass mail on.",
            "DNSSEC is a switch in the DNS settings; its DS record then goes to the registrar.",
            IMPORT,
        ],
    },
    Provider {
        name: "Amazon Route 53",
        servers: &["awsdns-"],
        apex: Some(Apex::Empty),
        texts: Some(Texts::Quoted),
        more: &[
            "Records of one name and type are one record with a value in each line.",
            "DNSSEC signing is a tab of the hosted zone; its DS record then goes to the registrar.",
            IMPORT,
        ],
    },
    Provider {
        name: "Gandi",
        servers: &["gandi.net"],
        apex: Some(Apex::At),
        texts: None,
        more: &[FINAL_DOT, "The text view of the zone takes lines of a zone file."],
    },
    Provider {
        name: "OVH",
        servers: &["ovh.net", "ovh.ca", "anycast.me"],
        apex: Some(Apex::Empty),
        texts: None,
        more: &[
            FINAL_DOT,
            "The text view of the zone takes lines of a zone file.",
            "DNSSEC is a switch in the general information of a domain.",
        ],
    },
    Provider {
        name: "Hetzner",
        servers: &["ns.hetzner.com", "ns.hetzner.de", "first-ns.de", "second-ns.de", "second-ns.com"],
        apex: Some(Apex::At),
        texts: None,
        more: &[FINAL_DOT, IMPORT],
    },
    Provider {
        name: "Namecheap",
        servers: &["registrar-servers.com"],
        apex: Some(Apex::At),
        texts: Some(Texts::Whole),
        more: &[
            "MX records are possible after \"Custom MX\" is chosen in the mail settings of \"Advanced DNS\".",
            "DNSSEC is a switch in \"Advanced DNS\".",
        ],
    },
    Provider {
        name: "GoDaddy",
        servers: &["domaincontrol.com"],
        apex: Some(Apex::At),
        texts: Some(Texts::Whole),
        more: &[],
    },
    Provider {
        name: "Google Cloud DNS",
        servers: &["googledomains.com"],
        apex: Some(Apex::Empty),
        texts: Some(Texts::Quoted),
        more: &[
            "Domains that came from Google Domains are managed at Squarespace, whose form has @ for the domain itself.",
            "DNSSEC is a switch of the zone; its DS record then goes to the registrar.",
        ],
    },
    Provider {
        name: "Squarespace",
        servers: &["squarespacedns.com"],
        apex: Some(Apex::At),
        texts: None,
        more: &[],
    },
    Provider {
        name: "DigitalOcean",
        servers: &["digitalocean.com"],
        apex: Some(Apex::At),
        texts: Some(Texts::Whole),
        more: &[NO_TLSA, "There is no DNSSEC."],
    },
    Provider {
        name: "Porkbun",
        servers: &["porkbun.com"],
        apex: Some(Apex::Empty),
        texts: Some(Texts::Whole),
        more: &[],
    },
    Provider {
        name: "deSEC",
        servers: &["desec.io", "desec.org"],
        apex: Some(Apex::Empty),
        texts: None,
        more: &["The TTL is 3600 or more.", "All zones are signed; the DS record goes to the registrar."],
    },
    Provider {
        name: "NS1 (also of Netlify)",
        servers: &["nsone.net"],
        apex: None,
        texts: None,
        more: &["Zones of Netlify have no TLSA records."],
    },
    Provider {
        name: "Vercel",
        servers: &["vercel-dns.com"],
        apex: Some(Apex::Empty),
        texts: None,
        more: &[NO_TLSA],
    },
    Provider {
        name: "IONOS",
        servers: &["ui-dns.com", "ui-dns.de", "ui-dns.org", "ui-dns.biz"],
        apex: Some(Apex::At),
        texts: None,
        more: &[],
    },
    Provider {
        name: "Azure DNS",
        servers: &["azure-dns.com", "azure-dns.net", "azure-dns.org", "azure-dns.info"],
        apex: Some(Apex::At),
        texts: Some(Texts::Whole),
        more: &["Records of one name and type are one record set.", IMPORT],
    },
    Provider {
        name: "Njalla",
        servers: &["njalla.no", "njalla.in", "njalla.fo"],
        apex: Some(Apex::At),
        texts: None,
        more: &[],
    },
    Provider {
        name: "INWX",
        servers: &["inwx.de", "inwx.eu", "inwx.com", "inwx.net"],
        apex: None,
        texts: None,
        more: &[],
    },
    Provider {
        name: "Infomaniak",
        servers: &["infomaniak.ch", "infomaniak.com"],
        apex: None,
        texts: None,
        more: &[],
    },
    Provider {
        name: "Linode (Akamai)",
        servers: &["linode.com"],
        apex: Some(Apex::Empty),
        texts: None,
        more: &[NO_TLSA],
    },
    Provider {
        name: "DreamHost",
        servers: &["dreamhost.com"],
        apex: Some(Apex::Empty),
        texts: None,
        more: &[],
    },
    Provider { name: "Name.com", servers: &["name.com"], apex: None, texts: None, more: &[] },
];

impl Provider {
    /// The provider whose name server this is.
    pub fn of_server(server: &str) -> Option<&'static Provider> {
        let server = server.trim_end_matches('.').to_ascii_lowercase();
        PROVIDERS.iter().find(|provider| provider.servers.iter().any(|pattern| matches(&server, pattern)))
    }

    /// How records are entered, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        let apex = match self.apex {
            Some(Apex::At) => ", and @ for the domain itself",
            Some(Apex::Empty) => ", and nothing for the domain itself",
            None => "",
        };
        let names =
            format!("Names are entered without the domain: _dmarc instead of _dmarc.example.org{apex}.");
        let texts = self.texts.map(|texts| match texts {
            Texts::Quoted => {
                "TXT data is entered with its quotes, and long texts as several strings, as shown.".to_owned()
            }
            Texts::Whole => {
                "TXT data is entered as one text without quotes; long texts are split there.".to_owned()
            }
        });
        let more = self.more.iter().map(|note| (*note).to_owned());
        std::iter::once(names).chain(texts).chain(more).collect()
    }
}

fn matches(server: &str, pattern: &str) -> bool {
    match pattern.ends_with('-') {
        true => server.split('.').any(|label| label.starts_with(pattern)),
        false => server.strip_suffix(pattern).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
    }
}

/// The provider of the zone that a domain is in; none where the name servers are of nobody known, of several, or are not
/// told in [`TIME`].
pub async fn provider(
    resolver: Arc<dyn Resolver>,
    clock: Arc<dyn Clock>,
    domain: &Domain,
) -> Option<&'static Provider> {
    let resolver = BudgetedResolver::new(resolver, clock, QUESTIONS, TIME);
    let mut at = Some(domain.clone());
    while let Some(zone) = at {
        // A name without a parent is a top-level domain, whose servers are not the domain's.
        let above = zone.parent()?;
        match resolver.lookup(&format!("{}.", zone.ascii()), RecordType::Ns).await {
            Ok(answer) => {
                let mut servers = answer.records.iter().filter_map(|record| match record {
                    Record::Ns(name) => Some(Provider::of_server(name)),
                    _ => None,
                });
                let first = servers.next()??;
                return servers.all(|server| server == Some(first)).then_some(first);
            }
            Err(error) if error.is_temporary() => return None,
            Err(_) => at = Some(above),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;
    use mox_clock::sim::SimClock;
    use mox_dns::sim::SimResolver;

    #[test]
    fn name_servers_are_those_of_one_provider() {
        for (server, name) in [
            ("ada.ns.cloudflare.com.", "Cloudflare"),
            ("NS-2048.AWSDNS-64.co.uk", "Amazon Route 53"),
            ("ns-12-b.gandi.net", "Gandi"),
            ("dns104.ovh.net", "OVH"),
            ("hydrogen.ns.hetzner.com", "Hetzner"),
            ("dns1.registrar-servers.com", "Namecheap"),
            ("ns01.domaincontrol.com", "GoDaddy"),
            ("ns-cloud-a1.googledomains.com", "Google Cloud DNS"),
            ("ns01.squarespacedns.com", "Squarespace"),
            ("ns1.digitalocean.com", "DigitalOcean"),
            ("maceio.ns.porkbun.com", "Porkbun"),
            ("ns2.desec.org", "deSEC"),
            ("dns1.p01.nsone.net", "NS1 (also of Netlify)"),
            ("ns1.vercel-dns.com", "Vercel"),
            ("ns1034.ui-dns.biz", "IONOS"),
            ("ns1-01.azure-dns.com", "Azure DNS"),
            ("1-you.njalla.no", "Njalla"),
            ("ns2.inwx.de", "INWX"),
            ("nsany1.infomaniak.com", "Infomaniak"),
            ("ns1.linode.com", "Linode (Akamai)"),
            ("ns1.dreamhost.com", "DreamHost"),
            ("ns1abc.name.com", "Name.com"),
        ] {
            let found: Vec<&str> = PROVIDERS
                .iter()
                .filter(|provider| {
                    provider
                        .servers
                        .iter()
                        .any(|p| matches(&server.trim_end_matches('.').to_ascii_lowercase(), p))
                })
                .map(|provider| provider.name)
                .collect();
            assert_eq!(found, [name], "{server}");
            assert_eq!(Provider::of_server(server).unwrap().name, name);
        }
        for server in ["ns.example.org", "notcloudflare.com", "ns1.surname.com", "cloudflare.com.example", ""]
        {
            assert_eq!(Provider::of_server(server), None, "{server}");
        }
    }

    #[test]
    fn notes_are_sentences_about_entering_records() {
        for provider in PROVIDERS {
            let notes = provider.notes();
            assert!(notes[0].starts_with("Names are entered without the domain"), "{}", provider.name);
            assert!(notes.iter().all(|note| note.ends_with('.') && !note.contains('\n')), "{notes:?}");
        }
        let notes = Provider::of_server("ada.ns.cloudflare.com").unwrap().notes().join(" ");
        assert!(notes.contains("@ for the domain itself") && notes.contains("proxy off"), "{notes}");
        let notes = Provider::of_server("ns-1.awsdns-01.com").unwrap().notes().join(" ");
        assert!(notes.contains("nothing for the domain") && notes.contains("with its quotes"), "{notes}");
    }

    #[tokio::test]
    async fn the_zone_is_looked_for_upwards_and_mixed_servers_are_of_nobody() {
        let zone = "example.org. NS ada.ns.cloudflare.com.\nexample.org. NS bob.ns.cloudflare.com.\n\
                    mixed.example. NS ada.ns.cloudflare.com.\nmixed.example. NS ns.own.example.\n\
                    own.example. NS ns.own.example.\n";
        let resolver: Arc<dyn Resolver> = Arc::new(SimResolver::from_zone(zone).unwrap());
        let clock: Arc<dyn Clock> = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
        for (domain, name) in [
            ("example.org", Some("Cloudflare")),
            ("a.b.example.org", Some("Cloudflare")),
            ("mixed.example", None),
            ("own.example", None),
            ("nothing.example", None),
            ("localhost", None),
        ] {
            let found = provider(resolver.clone(), clock.clone(), &domain.parse().unwrap()).await;
            assert_eq!(found.map(|provider| provider.name), name, "{domain}");
        }
    }
}
