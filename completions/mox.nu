module completions {

  def "nu-complete mox color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Mail server and mail toolkit
  export extern mox [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete mox serve log_level" [] {
    [ "error" "warn" "info" "debug" "trace" ]
  }

  def "nu-complete mox serve log_format" [] {
    [ "logfmt" "json" ]
  }

  def "nu-complete mox serve color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox serve dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Run the mail server that the config describes
  export extern "mox serve" [
    --ready-file: path        # Write this file when everything accepts connections
    --log-level: string@"nu-complete mox serve log_level" # Least important events to log
    --log-format: string@"nu-complete mox serve log_format" # How log lines look
    --console                 # Run in this console, also where a service manager could have started it (Windows)
    --log-file: path          # Write the log to the end of this file, not to standard error
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox serve color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox serve dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete mox service color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox service dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Make the server a service of this system, start and stop it
  export extern "mox service" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox service color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox service dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox service install kind" [] {
    [ "systemd" "launchd" "windows" ]
  }

  def "nu-complete mox service install color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox service install dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Make the server a service that starts with the machine
  export extern "mox service install" [
    --dry-run                 # Show what would be done
    --kind: string@"nu-complete mox service install kind" # Service manager [default: that of this system]; with --dry-run any
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox service install color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox service install dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox service uninstall kind" [] {
    [ "systemd" "launchd" "windows" ]
  }

  def "nu-complete mox service uninstall color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox service uninstall dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Remove the service; configuration and data stay
  export extern "mox service uninstall" [
    --dry-run                 # Show what would be done
    --kind: string@"nu-complete mox service uninstall kind" # Service manager [default: that of this system]; with --dry-run any
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox service uninstall color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox service uninstall dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox service start kind" [] {
    [ "systemd" "launchd" "windows" ]
  }

  def "nu-complete mox service start color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox service start dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Start the service
  export extern "mox service start" [
    --dry-run                 # Show what would be done
    --kind: string@"nu-complete mox service start kind" # Service manager [default: that of this system]; with --dry-run any
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox service start color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox service start dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox service stop kind" [] {
    [ "systemd" "launchd" "windows" ]
  }

  def "nu-complete mox service stop color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox service stop dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Stop the service
  export extern "mox service stop" [
    --dry-run                 # Show what would be done
    --kind: string@"nu-complete mox service stop kind" # Service manager [default: that of this system]; with --dry-run any
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox service stop color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox service stop dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox service status kind" [] {
    [ "systemd" "launchd" "windows" ]
  }

  def "nu-complete mox service status color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox service status dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Ask the service manager how the service is
  export extern "mox service status" [
    --dry-run                 # Show what would be done
    --kind: string@"nu-complete mox service status kind" # Service manager [default: that of this system]; with --dry-run any
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox service status color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox service status dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox service help" [
  ]

  # Make the server a service that starts with the machine
  export extern "mox service help install" [
  ]

  # Remove the service; configuration and data stay
  export extern "mox service help uninstall" [
  ]

  # Start the service
  export extern "mox service help start" [
  ]

  # Stop the service
  export extern "mox service help stop" [
  ]

  # Ask the service manager how the service is
  export extern "mox service help status" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox service help help" [
  ]

  def "nu-complete mox localserve dns" [] {
    [ "lab" "real" "off" ]
  }

  def "nu-complete mox localserve log_level" [] {
    [ "error" "warn" "info" "debug" "trace" ]
  }

  def "nu-complete mox localserve log_format" [] {
    [ "logfmt" "json" ]
  }

  def "nu-complete mox localserve color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox localserve dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Run a mail server for trying things: everything is caught, nothing leaves the machine
  export extern "mox localserve" [
    --dir: directory          # Folder for config and data; made when it does not exist [default: mox-localserve in the user's config folder]
    --ip: string              # Address to listen on
    --port-base: string       # First port: SMTP is N+25, submission N+587 and N+465 (TLS), HTTP N+80 and N+443, metrics N+81
    --relay: string           # Send all mail that is not for this machine to this server instead of catching it
    --relay-domain: string    # Send mail for one domain to this server; may be given several times
    --direct: string          # Send mail for a domain, and for those below it, to the mail hosts that DNS names; may be given several times
    --lab                     # Live in the lab: an internet inside of this process, where mail to the domains of `mox lab list` leaves for hosts that succeed and fail in every way, reports about TLS are made and come back, and time can be moved on. Its name server is at N+53
    --release: string         # Send messages that are released by hand to this server; nothing leaves by it otherwise
    --keep: string            # Keep so many messages; the oldest go first
    --retry: string           # Waits between attempts to relay, separated by commas; after the last attempt the sender gets a notification
    --dns: string@"nu-complete mox localserve dns" # Which DNS mail is judged by: the built-in domains below lab.test (see `mox lab list`), the real one, or none [default: lab; real with --resolver]
    --client-ip: string       # Judge mail as if it came from this address instead of the client's, which SPF of the real internet knows
    --enforce                 # Act on verdicts as a server for others would: refuse, or file as junk, what the policy of the sender's domain asks for. Otherwise everything is taken, and shows its verdict
    --pedantic                # Refuse whatever the standards forbid, where a real server would be lenient
    --chaos: string           # Fail on demand by this rule, as `mox localserve chaos add` takes it; may be given several times
    --webhook: string         # Tell this http:// or https:// URL of every message that arrives, by a POST of JSON; may be given several times
    --ready-file: path        # Write this file when everything accepts connections
    --log-level: string@"nu-complete mox localserve log_level" # Least important events to log
    --log-format: string@"nu-complete mox localserve log_format" # How log lines look
    --init-only               # Make the folder with config and certificate, then end
    --fault: string           # Break at a named point, for tests of crashes
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox localserve color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox localserve dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox localserve wait color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox localserve wait dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Wait until a message arrives, for scripts and tests
  export extern "mox localserve wait" [
    --since: string           # Also take a message that arrived since this time, or so long ago, before the wait began
    --timeout: string         # How long to wait
    --dir: directory          # Folder of the local server, when it was started with --dir
    --account: string         # Of this account
    --mailbox: string         # In this mailbox
    --to: string              # With this text in a recipient's address
    --from: string            # With this text in the sender's address
    --subject: string         # With this text in the subject
    --text: string            # With all these words in the subject, addresses, text or names of attachments
    --tag: string             # With this tag
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox localserve wait color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox localserve wait dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox localserve chaos color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox localserve chaos dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # See and change by which rules the server fails on demand
  export extern "mox localserve chaos" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox localserve chaos color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox localserve chaos dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox localserve chaos list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox localserve chaos list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the rules in the order in which they are tried
  export extern "mox localserve chaos list" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox localserve chaos list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox localserve chaos list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox localserve chaos add color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox localserve chaos add dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Add a rule behind the others
  export extern "mox localserve chaos add" [
    --dry-run                 # Only show what the rules would be
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox localserve chaos add color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox localserve chaos add dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    rule: string              # stage=STAGE and any of code, delay, probability, from, to, text, separated by commas
  ]

  def "nu-complete mox localserve chaos remove color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox localserve chaos remove dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Remove one rule
  export extern "mox localserve chaos remove" [
    --dry-run                 # Only show what the rules would be
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox localserve chaos remove color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox localserve chaos remove dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    number: string            # Number of the rule, from `mox localserve chaos list`
  ]

  def "nu-complete mox localserve chaos clear color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox localserve chaos clear dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Remove all rules
  export extern "mox localserve chaos clear" [
    --dry-run                 # Only show what the rules would be
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox localserve chaos clear color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox localserve chaos clear dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox localserve chaos help" [
  ]

  # Show the rules in the order in which they are tried
  export extern "mox localserve chaos help list" [
  ]

  # Add a rule behind the others
  export extern "mox localserve chaos help add" [
  ]

  # Remove one rule
  export extern "mox localserve chaos help remove" [
  ]

  # Remove all rules
  export extern "mox localserve chaos help clear" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox localserve chaos help help" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox localserve help" [
  ]

  # Wait until a message arrives, for scripts and tests
  export extern "mox localserve help wait" [
  ]

  # See and change by which rules the server fails on demand
  export extern "mox localserve help chaos" [
  ]

  # Show the rules in the order in which they are tried
  export extern "mox localserve help chaos list" [
  ]

  # Add a rule behind the others
  export extern "mox localserve help chaos add" [
  ]

  # Remove one rule
  export extern "mox localserve help chaos remove" [
  ]

  # Remove all rules
  export extern "mox localserve help chaos clear" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox localserve help help" [
  ]

  def "nu-complete mox quickstart form" [] {
    [ "zone" "table" ]
  }

  def "nu-complete mox quickstart color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox quickstart dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Make a mail server for a domain: keys, configuration, account, and the DNS records to publish
  export extern "mox quickstart" [
    --dir: directory          # Folder for config and data
    --hostname: string        # Name of the mail host [default: the machine's full name, else the name of its address]
    --ip: string              # Address to listen on; may be given again [default: the public ones of the machine, else all]
    --nat-ip: string          # Address that others see, where a router forwards ports; may be given again
    --existing-webserver      # Leave ports 80 and 443 to the web server that is there
    --user: string            # System user that the server becomes
    --acme-directory: string  # Where certificates come from
    --acme-contact: string    # Where the certificate authority may write to [default: your address]
    --no-acme                 # Make a certificate here, to be replaced by your own, instead of asking an authority
    --skip-dial               # Connect to no mail host and no registry
    --yes(-y)                 # Go on although steps failed
    --dry-run                 # Look and show what would be written; write nothing
    --form: string@"nu-complete mox quickstart form" # How the DNS records are shown
    --fault: string           # End at a point of the writing, as a power cut would
    --ca-file: path           # File with certificates of authorities (PEM) to trust beside the system's
    --allow-egress: string    # Network to reach although it is not public, as in 10.0.0.0/8; may be given again
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox quickstart color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox quickstart dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    address: string           # Your first address at the domain; mail for postmaster and reports arrive there, too
  ]

  def "nu-complete mox status color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox status dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show how the running server is
  export extern "mox status" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox status color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox status dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox stop color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox stop dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # End the running server
  export extern "mox stop" [
    --grace: string           # How long open sessions may take to finish
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox stop color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox stop dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox connections color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox connections dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show who is connected to the running server, and which networks are at a limit
  export extern "mox connections" [
    --limit: string           # So many connections at most
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox connections color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox connections dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox traffic color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox traffic dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show how much mail came and went, by hour and by day
  export extern "mox traffic" [
    --hours: string           # The last so many hours
    --days: string            # The last so many days
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox traffic color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox traffic dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox logins color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox logins dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show who tried to log in
  export extern "mox logins" [
    --unknown                 # Only attempts that name no account here
    --failed                  # Only attempts that failed
    --since: string           # Only attempts of so long ago at most, as 24h
    --after: string           # Only attempts behind the one with this key, which `--json` tells of each
    --limit: string           # So many rows at most
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox logins color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox logins dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    account?: string          # Only attempts to log in to this account
  ]

  def "nu-complete mox backup color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox backup dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Take a backup of config and data; the server may run
  export extern "mox backup" [
    --dry-run                 # Only say how much it would be
    --list                    # List the backups that the running server took since it started
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox backup color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox backup dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    destdir?: directory       # Folder of the backup: new, empty, or that of the last backup of this server
  ]

  def "nu-complete mox restore color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox restore dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Put a backup back into a new folder, or check it
  export extern "mox restore" [
    --check                   # Read everything and compare it, without restoring
    --dry-run                 # Only say what would be restored
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox restore color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox restore dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    backup: directory         # Folder that was given to `mox backup`
    destdir?: directory       # New or empty folder that gets `config` and `data`
  ]

  def "nu-complete mox upgrade color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox upgrade dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Say what this program would do with the data of another version
  export extern "mox upgrade" [
    --check                   # Say what would happen
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox upgrade color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox upgrade dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    data?: directory          # Data folder [default: that of the config]
  ]

  def "nu-complete mox logs level" [] {
    [ "error" "warn" "info" "debug" "trace" ]
  }

  def "nu-complete mox logs color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox logs dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the latest lines of the log of the running server
  export extern "mox logs" [
    --level: string@"nu-complete mox logs level" # Only lines of this level and worse
    --package: string         # Only lines of this part of the server, as `smtpserver`: `pkg` in the log
    --text: string            # Only lines that hold this text, in either case
    --limit: string           # The latest so many lines
    --before: string          # Only lines before the one of this number, which is `seq` of `--json`
    --follow(-f)              # Go on with the lines that come, until interrupted
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox logs color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox logs dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox loglevels level" [] {
    [ "error" "warn" "info" "debug" "trace" ]
  }

  def "nu-complete mox loglevels color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox loglevels dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show or set the log levels of the running server
  export extern "mox loglevels" [
    --unset: string           # Remove the own level of this part, so that the default applies
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox loglevels color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox loglevels dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    level?: string@"nu-complete mox loglevels level" # New level; without it the levels are shown
    package?: string          # Part of the server, as `smtpserver` or `queue`; without it the default level is set
  ]

  def "nu-complete mox message color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List, read and delete stored messages
  export extern "mox message" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox message list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List messages, newest first
  export extern "mox message list" [
    --limit: string           # At most so many [default: all]
    --before: string          # Only messages with a lower id: what comes after a list that ended with it
    --ids                     # Print only ids, one a line
    --null(-0)                # With --ids: end each with a NUL byte, for `xargs -0`
    --account: string         # Of this account
    --mailbox: string         # In this mailbox
    --to: string              # With this text in a recipient's address
    --from: string            # With this text in the sender's address
    --subject: string         # With this text in the subject
    --text: string            # With all these words in the subject, addresses, text or names of attachments
    --tag: string             # With this tag
    --since: string           # Received since: a time like 2026-11-22T10:20:30Z, a date, or how long ago, like 2h
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox message show color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message show dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show one message: facts, header, text
  export extern "mox message show" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message show color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message show dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the message, from `mox message list`
  ]

  def "nu-complete mox message cat color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message cat dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print one message as it is stored
  export extern "mox message cat" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message cat color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message cat dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the message, from `mox message list`
  ]

  def "nu-complete mox message html color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message html dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print the HTML of one message, made safe to show
  export extern "mox message html" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message html color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message html dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the message, from `mox message list`
  ]

  def "nu-complete mox message part color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message part dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print one part of a message, decoded
  export extern "mox message part" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message part color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message part dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the message, from `mox message list`
    part: string              # Its part, from `mox message show`, like 1.2
  ]

  def "nu-complete mox message transcript color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message transcript dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the SMTP exchange that brought a message
  export extern "mox message transcript" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message transcript color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message transcript dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the message, from `mox message list`
  ]

  def "nu-complete mox message events color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message events dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show what happened to a message
  export extern "mox message events" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message events color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message events dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the message, from `mox message list`
  ]

  def "nu-complete mox message report color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message report dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show how mail programs will take a message
  export extern "mox message report" [
    --check                   # Exit code 3 when there are warnings or errors
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message report color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message report dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the message, from `mox message list`
  ]

  def "nu-complete mox message parse color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message parse dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Take a message file apart, without a server
  export extern "mox message parse" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message parse color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message parse dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    file: path                # Message file; `-` is standard input
  ]

  def "nu-complete mox message watch color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message watch dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print what arrives, changes and goes, as it happens
  export extern "mox message watch" [
    --count: string           # End after so many events [default: never]
    --timeout: string         # End after this time [default: never]
    --account: string         # Of this account
    --mailbox: string         # In this mailbox
    --to: string              # With this text in a recipient's address
    --from: string            # With this text in the sender's address
    --subject: string         # With this text in the subject
    --text: string            # With all these words in the subject, addresses, text or names of attachments
    --tag: string             # With this tag
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message watch color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message watch dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox message mark color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message mark dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Mark messages as seen or not, give and take tags
  export extern "mox message mark" [
    --id-file: path           # File of ids, separated by NUL bytes or white space; `-` is standard input
    --seen                    # Mark as seen
    --unseen                  # Mark as not seen
    --tag: string             # Give this tag, of letters, digits and `._-`; may be said several times
    --untag: string           # Take this tag; may be said several times
    --dry-run                 # Only show what would be changed
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message mark color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message mark dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    ...ids: string            # Ids of messages, from `mox message list`
  ]

  def "nu-complete mox message release color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message release dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Send copies of messages on to real recipients, through a relay
  export extern "mox message release" [
    --id-file: path           # File of ids, separated by NUL bytes or white space; `-` is standard input
    --to: string              # Recipient; may be given several times [default: that of the message]
    --dry-run                 # Only show what would go where
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message release color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message release dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    ...ids: string            # Ids of messages, from `mox message list`
  ]

  def "nu-complete mox message delete color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message delete dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Delete messages for good
  export extern "mox message delete" [
    --id-file: path           # File of ids, separated by NUL bytes or white space; `-` is standard input
    --all                     # Every message of every account
    --dry-run                 # Only show what would be changed
    --account: string         # Of this account
    --mailbox: string         # In this mailbox
    --to: string              # With this text in a recipient's address
    --from: string            # With this text in the sender's address
    --subject: string         # With this text in the subject
    --text: string            # With all these words in the subject, addresses, text or names of attachments
    --tag: string             # With this tag
    --since: string           # Received since: a time like 2026-11-22T10:20:30Z, a date, or how long ago, like 2h
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message delete color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message delete dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    ...ids: string            # Ids of messages, from `mox message list`
  ]

  def "nu-complete mox message mailboxes color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message mailboxes dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List mailboxes: one for every address that mail came for
  export extern "mox message mailboxes" [
    --account: string         # Of this account [default: all]
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message mailboxes color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message mailboxes dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox message tags color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox message tags dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List the tags that messages have
  export extern "mox message tags" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox message tags color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox message tags dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox message help" [
  ]

  # List messages, newest first
  export extern "mox message help list" [
  ]

  # Show one message: facts, header, text
  export extern "mox message help show" [
  ]

  # Print one message as it is stored
  export extern "mox message help cat" [
  ]

  # Print the HTML of one message, made safe to show
  export extern "mox message help html" [
  ]

  # Print one part of a message, decoded
  export extern "mox message help part" [
  ]

  # Show the SMTP exchange that brought a message
  export extern "mox message help transcript" [
  ]

  # Show what happened to a message
  export extern "mox message help events" [
  ]

  # Show how mail programs will take a message
  export extern "mox message help report" [
  ]

  # Take a message file apart, without a server
  export extern "mox message help parse" [
  ]

  # Print what arrives, changes and goes, as it happens
  export extern "mox message help watch" [
  ]

  # Mark messages as seen or not, give and take tags
  export extern "mox message help mark" [
  ]

  # Send copies of messages on to real recipients, through a relay
  export extern "mox message help release" [
  ]

  # Delete messages for good
  export extern "mox message help delete" [
  ]

  # List mailboxes: one for every address that mail came for
  export extern "mox message help mailboxes" [
  ]

  # List the tags that messages have
  export extern "mox message help tags" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox message help help" [
  ]

  def "nu-complete mox queue color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # See and change what waits to be sent
  export extern "mox queue" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox queue list sort" [] {
    [ "next-attempt" "queued" ]
  }

  def "nu-complete mox queue list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List queued messages
  export extern "mox queue list" [
    --sort: string@"nu-complete mox queue list sort" # Order
    --desc                    # Latest first
    --limit: string           # At most so many
    --ids                     # Print only ids, one a line
    --null(-0)                # With --ids: end each with a NUL byte, for `xargs -0` and --id-file
    --account: string         # Sent by this account
    --from: string            # From this address, or `@domain`
    --to: string              # To this address, or `@domain`
    --hold: string            # On hold or not
    --next-attempt: string    # Next attempt before (`<2h`) or after (`>2h`) a time ahead
    --queued: string          # Queued before (`<2h`: earlier than two hours ago) or after a time
    --transport: string       # With this transport chosen by hand; `default` for those where routes decide
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox queue show color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue show dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show one queued message
  export extern "mox queue show" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue show color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue show dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the message, from `mox queue list`
  ]

  def "nu-complete mox queue explain color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue explain dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Explain step by step what happened to a message and what comes next
  export extern "mox queue explain" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue explain color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue explain dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the message, from `mox queue list`
  ]

  def "nu-complete mox queue hold color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue hold dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Put messages on hold
  export extern "mox queue hold" [
    --id-file: path           # File of ids, separated by NUL bytes or white space; `-` is standard input
    --all                     # Every queued message
    --dry-run                 # Only show what would be changed
    --account: string         # Sent by this account
    --from: string            # From this address, or `@domain`
    --to: string              # To this address, or `@domain`
    --hold: string            # On hold or not
    --next-attempt: string    # Next attempt before (`<2h`) or after (`>2h`) a time ahead
    --queued: string          # Queued before (`<2h`: earlier than two hours ago) or after a time
    --transport: string       # With this transport chosen by hand; `default` for those where routes decide
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue hold color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue hold dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    ...ids: string            # Ids of messages, from `mox queue list`
  ]

  def "nu-complete mox queue unhold color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue unhold dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Release messages from hold
  export extern "mox queue unhold" [
    --id-file: path           # File of ids, separated by NUL bytes or white space; `-` is standard input
    --all                     # Every queued message
    --dry-run                 # Only show what would be changed
    --account: string         # Sent by this account
    --from: string            # From this address, or `@domain`
    --to: string              # To this address, or `@domain`
    --hold: string            # On hold or not
    --next-attempt: string    # Next attempt before (`<2h`) or after (`>2h`) a time ahead
    --queued: string          # Queued before (`<2h`: earlier than two hours ago) or after a time
    --transport: string       # With this transport chosen by hand; `default` for those where routes decide
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue unhold color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue unhold dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    ...ids: string            # Ids of messages, from `mox queue list`
  ]

  def "nu-complete mox queue schedule color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue schedule dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Move the next attempt of messages
  export extern "mox queue schedule" [
    --id-file: path           # File of ids, separated by NUL bytes or white space; `-` is standard input
    --all                     # Every queued message
    --dry-run                 # Only show what would be changed
    --account: string         # Sent by this account
    --from: string            # From this address, or `@domain`
    --to: string              # To this address, or `@domain`
    --hold: string            # On hold or not
    --next-attempt: string    # Next attempt before (`<2h`) or after (`>2h`) a time ahead
    --queued: string          # Queued before (`<2h`: earlier than two hours ago) or after a time
    --transport: string       # With this transport chosen by hand; `default` for those where routes decide
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue schedule color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue schedule dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    when: string              # `now`, a time ahead like `2h`, `+2h` or `-2h` from each message's present time, or 2026-11-22T10:20:30Z
    ...ids: string            # Ids of messages, from `mox queue list`
  ]

  def "nu-complete mox queue fail color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue fail dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Give messages up now and tell their senders
  export extern "mox queue fail" [
    --id-file: path           # File of ids, separated by NUL bytes or white space; `-` is standard input
    --all                     # Every queued message
    --dry-run                 # Only show what would be changed
    --account: string         # Sent by this account
    --from: string            # From this address, or `@domain`
    --to: string              # To this address, or `@domain`
    --hold: string            # On hold or not
    --next-attempt: string    # Next attempt before (`<2h`) or after (`>2h`) a time ahead
    --queued: string          # Queued before (`<2h`: earlier than two hours ago) or after a time
    --transport: string       # With this transport chosen by hand; `default` for those where routes decide
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue fail color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue fail dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    ...ids: string            # Ids of messages, from `mox queue list`
  ]

  def "nu-complete mox queue drop color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue drop dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Remove messages without telling anybody
  export extern "mox queue drop" [
    --id-file: path           # File of ids, separated by NUL bytes or white space; `-` is standard input
    --all                     # Every queued message
    --dry-run                 # Only show what would be changed
    --account: string         # Sent by this account
    --from: string            # From this address, or `@domain`
    --to: string              # To this address, or `@domain`
    --hold: string            # On hold or not
    --next-attempt: string    # Next attempt before (`<2h`) or after (`>2h`) a time ahead
    --queued: string          # Queued before (`<2h`: earlier than two hours ago) or after a time
    --transport: string       # With this transport chosen by hand; `default` for those where routes decide
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue drop color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue drop dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    ...ids: string            # Ids of messages, from `mox queue list`
  ]

  def "nu-complete mox queue transport color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue transport dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Choose the transport of messages
  export extern "mox queue transport" [
    --id-file: path           # File of ids, separated by NUL bytes or white space; `-` is standard input
    --all                     # Every queued message
    --dry-run                 # Only show what would be changed
    --account: string         # Sent by this account
    --from: string            # From this address, or `@domain`
    --to: string              # To this address, or `@domain`
    --hold: string            # On hold or not
    --next-attempt: string    # Next attempt before (`<2h`) or after (`>2h`) a time ahead
    --queued: string          # Queued before (`<2h`: earlier than two hours ago) or after a time
    --transport: string       # With this transport chosen by hand; `default` for those where routes decide
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue transport color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue transport dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    name: string              # Name of a transport in mox.conf; `default` to go by routes again
    ...ids: string            # Ids of messages, from `mox queue list`
  ]

  def "nu-complete mox queue requiretls require" [] {
    [ "yes" "no" "default" ]
  }

  def "nu-complete mox queue requiretls color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue requiretls dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Say what TLS messages must have
  export extern "mox queue requiretls" [
    --id-file: path           # File of ids, separated by NUL bytes or white space; `-` is standard input
    --all                     # Every queued message
    --dry-run                 # Only show what would be changed
    --account: string         # Sent by this account
    --from: string            # From this address, or `@domain`
    --to: string              # To this address, or `@domain`
    --hold: string            # On hold or not
    --next-attempt: string    # Next attempt before (`<2h`) or after (`>2h`) a time ahead
    --queued: string          # Queued before (`<2h`: earlier than two hours ago) or after a time
    --transport: string       # With this transport chosen by hand; `default` for those where routes decide
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue requiretls color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue requiretls dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    require: string@"nu-complete mox queue requiretls require" # `yes`: verified TLS all the way (REQUIRETLS); `no`: deliver even when TLS fails; `default`: as policies ask for
    ...ids: string            # Ids of messages, from `mox queue list`
  ]

  def "nu-complete mox queue dump color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue dump dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print a queued message as it will be sent
  export extern "mox queue dump" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue dump color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue dump dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the message, from `mox queue list`
  ]

  def "nu-complete mox queue watch color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue watch dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the queue again whenever it changes
  export extern "mox queue watch" [
    --timeout: string         # End after this time [default: never]
    --account: string         # Sent by this account
    --from: string            # From this address, or `@domain`
    --to: string              # To this address, or `@domain`
    --hold: string            # On hold or not
    --next-attempt: string    # Next attempt before (`<2h`) or after (`>2h`) a time ahead
    --queued: string          # Queued before (`<2h`: earlier than two hours ago) or after a time
    --transport: string       # With this transport chosen by hand; `default` for those where routes decide
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue watch color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue watch dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox queue wait until" [] {
    [ "delivered" "failed" "gone" ]
  }

  def "nu-complete mox queue wait color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue wait dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Wait until a message is delivered, failed or gone
  export extern "mox queue wait" [
    --for: string@"nu-complete mox queue wait until" # What to wait for
    --timeout: string         # How long
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue wait color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue wait dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    id: string                # Id of the message, from `mox queue list`
  ]

  def "nu-complete mox queue holdrules color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue holdrules dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Rules that put new messages on hold
  export extern "mox queue holdrules" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue holdrules color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue holdrules dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox queue holdrules list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue holdrules list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the rules
  export extern "mox queue holdrules list" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue holdrules list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue holdrules list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox queue holdrules add color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue holdrules add dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Add a rule, and put on hold what is queued and matches
  export extern "mox queue holdrules add" [
    --account: string         # Sent by this account
    --from-domain: string     # From an address of this domain
    --to-domain: string       # To an address of this domain
    --all                     # Hold everything
    --dry-run                 # Only show what would be held
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue holdrules add color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue holdrules add dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete mox queue holdrules remove color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue holdrules remove dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Remove a rule; what is on hold stays so
  export extern "mox queue holdrules remove" [
    --dry-run                 # Only look whether it is there
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue holdrules remove color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue holdrules remove dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Number of the rule, from `mox queue holdrules list`
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox queue holdrules help" [
  ]

  # Show the rules
  export extern "mox queue holdrules help list" [
  ]

  # Add a rule, and put on hold what is queued and matches
  export extern "mox queue holdrules help add" [
  ]

  # Remove a rule; what is on hold stays so
  export extern "mox queue holdrules help remove" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox queue holdrules help help" [
  ]

  def "nu-complete mox queue suppress color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue suppress dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Recipients that an account sends nothing more to
  export extern "mox queue suppress" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue suppress color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue suppress dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox queue suppress list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue suppress list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show who is suppressed, and why
  export extern "mox queue suppress list" [
    --account: string         # Of this account
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue suppress list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue suppress list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox queue suppress lookup color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue suppress lookup dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show whether an address is suppressed; exit status 3 if it is
  export extern "mox queue suppress lookup" [
    --account: string         # For this account
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue suppress lookup color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue suppress lookup dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    address: string           # The address
  ]

  def "nu-complete mox queue suppress add color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue suppress add dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Suppress an address for an account
  export extern "mox queue suppress add" [
    --reason: string          # Why
    --dry-run                 # Only show what would be added
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue suppress add color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue suppress add dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    account: string           # The account
    address: string           # The address
  ]

  def "nu-complete mox queue suppress remove color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue suppress remove dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Let an account send to an address again
  export extern "mox queue suppress remove" [
    --dry-run                 # Only show what would be removed
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue suppress remove color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue suppress remove dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    account: string           # The account
    address: string           # The address
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox queue suppress help" [
  ]

  # Show who is suppressed, and why
  export extern "mox queue suppress help list" [
  ]

  # Show whether an address is suppressed; exit status 3 if it is
  export extern "mox queue suppress help lookup" [
  ]

  # Suppress an address for an account
  export extern "mox queue suppress help add" [
  ]

  # Let an account send to an address again
  export extern "mox queue suppress help remove" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox queue suppress help help" [
  ]

  def "nu-complete mox queue retired color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue retired dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Messages that left the queue
  export extern "mox queue retired" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue retired color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue retired dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox queue retired list end" [] {
    [ "delivered" "failed" "gone" ]
  }

  def "nu-complete mox queue retired list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue retired list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List messages that left the queue, the latest first
  export extern "mox queue retired list" [
    --account: string         # Sent by this account
    --from: string            # From this address, or `@domain`
    --to: string              # To this address, or `@domain`
    --end: string@"nu-complete mox queue retired list end" # How they ended; gone: removed by an operator
    --since: string           # Ended so long ago at most, as 2h, or since a time
    --limit: string           # At most so many
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue retired list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue retired list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox queue retired show color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue retired show dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show one message that left the queue, with its attempts
  export extern "mox queue retired show" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue retired show color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue retired show dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the message, from `mox queue retired list`
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox queue retired help" [
  ]

  # List messages that left the queue, the latest first
  export extern "mox queue retired help list" [
  ]

  # Show one message that left the queue, with its attempts
  export extern "mox queue retired help show" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox queue retired help help" [
  ]

  def "nu-complete mox queue webhook color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue webhook dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Calls of webhooks of accounts
  export extern "mox queue webhook" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue webhook color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue webhook dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox queue webhook list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue webhook list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List calls that wait, the latest first
  export extern "mox queue webhook list" [
    --account: string         # Of this account
    --limit: string           # At most so many
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue webhook list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue webhook list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox queue webhook show color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue webhook show dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show one call, waiting or done, and what it says
  export extern "mox queue webhook show" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue webhook show color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue webhook show dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the call, from `mox queue webhook list`
  ]

  def "nu-complete mox queue webhook cancel color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue webhook cancel dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Take calls back that wait
  export extern "mox queue webhook cancel" [
    --dry-run                 # Only look whether they wait
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue webhook cancel color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue webhook cancel dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    ...ids: string            # Ids of calls, from `mox queue webhook list`
  ]

  def "nu-complete mox queue webhook schedule color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue webhook schedule dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Move the next attempt of calls that wait
  export extern "mox queue webhook schedule" [
    --dry-run                 # Only look whether they wait
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue webhook schedule color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue webhook schedule dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    when: string              # `now`, or a time ahead like `2h`
    ...ids: string            # Ids of calls, from `mox queue webhook list`
  ]

  def "nu-complete mox queue webhook retired color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue webhook retired dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List calls that are done, the latest first
  export extern "mox queue webhook retired" [
    --account: string         # Of this account
    --state: string           # That ended so: taken, given-up, canceled or superseded
    --limit: string           # At most so many
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue webhook retired color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue webhook retired dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete mox queue webhook test color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox queue webhook test dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Make one call with made-up content, and show the answer
  export extern "mox queue webhook test" [
    --incoming                # Call the URL for mail that arrives instead of that for mail that was sent
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox queue webhook test color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox queue webhook test dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    account: string           # Account whose webhook is called
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox queue webhook help" [
  ]

  # List calls that wait, the latest first
  export extern "mox queue webhook help list" [
  ]

  # Show one call, waiting or done, and what it says
  export extern "mox queue webhook help show" [
  ]

  # Take calls back that wait
  export extern "mox queue webhook help cancel" [
  ]

  # Move the next attempt of calls that wait
  export extern "mox queue webhook help schedule" [
  ]

  # List calls that are done, the latest first
  export extern "mox queue webhook help retired" [
  ]

  # Make one call with made-up content, and show the answer
  export extern "mox queue webhook help test" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox queue webhook help help" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox queue help" [
  ]

  # List queued messages
  export extern "mox queue help list" [
  ]

  # Show one queued message
  export extern "mox queue help show" [
  ]

  # Explain step by step what happened to a message and what comes next
  export extern "mox queue help explain" [
  ]

  # Put messages on hold
  export extern "mox queue help hold" [
  ]

  # Release messages from hold
  export extern "mox queue help unhold" [
  ]

  # Move the next attempt of messages
  export extern "mox queue help schedule" [
  ]

  # Give messages up now and tell their senders
  export extern "mox queue help fail" [
  ]

  # Remove messages without telling anybody
  export extern "mox queue help drop" [
  ]

  # Choose the transport of messages
  export extern "mox queue help transport" [
  ]

  # Say what TLS messages must have
  export extern "mox queue help requiretls" [
  ]

  # Print a queued message as it will be sent
  export extern "mox queue help dump" [
  ]

  # Show the queue again whenever it changes
  export extern "mox queue help watch" [
  ]

  # Wait until a message is delivered, failed or gone
  export extern "mox queue help wait" [
  ]

  # Rules that put new messages on hold
  export extern "mox queue help holdrules" [
  ]

  # Show the rules
  export extern "mox queue help holdrules list" [
  ]

  # Add a rule, and put on hold what is queued and matches
  export extern "mox queue help holdrules add" [
  ]

  # Remove a rule; what is on hold stays so
  export extern "mox queue help holdrules remove" [
  ]

  # Recipients that an account sends nothing more to
  export extern "mox queue help suppress" [
  ]

  # Show who is suppressed, and why
  export extern "mox queue help suppress list" [
  ]

  # Show whether an address is suppressed; exit status 3 if it is
  export extern "mox queue help suppress lookup" [
  ]

  # Suppress an address for an account
  export extern "mox queue help suppress add" [
  ]

  # Let an account send to an address again
  export extern "mox queue help suppress remove" [
  ]

  # Messages that left the queue
  export extern "mox queue help retired" [
  ]

  # List messages that left the queue, the latest first
  export extern "mox queue help retired list" [
  ]

  # Show one message that left the queue, with its attempts
  export extern "mox queue help retired show" [
  ]

  # Calls of webhooks of accounts
  export extern "mox queue help webhook" [
  ]

  # List calls that wait, the latest first
  export extern "mox queue help webhook list" [
  ]

  # Show one call, waiting or done, and what it says
  export extern "mox queue help webhook show" [
  ]

  # Take calls back that wait
  export extern "mox queue help webhook cancel" [
  ]

  # Move the next attempt of calls that wait
  export extern "mox queue help webhook schedule" [
  ]

  # List calls that are done, the latest first
  export extern "mox queue help webhook retired" [
  ]

  # Make one call with made-up content, and show the answer
  export extern "mox queue help webhook test" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox queue help help" [
  ]

  def "nu-complete mox config color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Check and explain the configuration
  export extern "mox config" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config test color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config test dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Check the config files
  export extern "mox config test" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config test color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config test dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config show color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config show dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print the config as it is understood, without comments and passwords
  export extern "mox config show" [
    --secrets                 # Show passwords; else `***` stands for them
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config show color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config show dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config path color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config path dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show which files and folders are used
  export extern "mox config path" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config path color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config path dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config printservice kind" [] {
    [ "systemd" "launchd" "windows" ]
  }

  def "nu-complete mox config printservice color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config printservice dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print what a service manager has to know to run the server
  export extern "mox config printservice" [
    --kind: string@"nu-complete mox config printservice kind" # Service manager [default: that of this system]
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config printservice color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config printservice dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config account color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config account dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Add, show, disable and remove accounts
  export extern "mox config account" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config account color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config account dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config account list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config account list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the accounts
  export extern "mox config account list" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config account list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config account list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config account show color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config account show dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show an account: its addresses, what refers to it, what is stored
  export extern "mox config account show" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config account show color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config account show dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    account: string           # Its name, or one of its addresses
  ]

  def "nu-complete mox config account add color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config account add dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Add an account with an address
  export extern "mox config account add" [
    --password-stdin          # Read the password from the first line of standard input instead of making one
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config account add color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config account add dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    name: string              # Name of the account
    address: string           # Its first address, of a domain that is here
  ]

  def "nu-complete mox config account rm color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config account rm dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Remove an account; its mail stays unless --purge is given
  export extern "mox config account rm" [
    --purge                   # Remove its mail, too, at the next start of the server
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config account rm color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config account rm dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    name: string              # Name of the account
  ]

  def "nu-complete mox config account set color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config account set dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Change the name, description, quota or limits of an account
  export extern "mox config account set" [
    --full-name: string       # Name shown in From; empty for none
    --description: string     # Free text; empty for none
    --quota: string           # Most bytes of its messages: 0 for what mox.conf says, -1 for no limit
    --max-outgoing: string    # Messages that it may send in 24 hours, each counted for each recipient; 0 for the default
    --max-first-time: string  # Recipients in 24 hours that it never wrote to before; 0 for the default
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config account set color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config account set dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    name: string              # Name of the account
  ]

  def "nu-complete mox config account disable color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config account disable dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Let nobody log in to an account; mail is still received
  export extern "mox config account disable" [
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config account disable color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config account disable dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    name: string              # Name of the account
    message: string           # What a login is told after a correct password
  ]

  def "nu-complete mox config account enable color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config account enable dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Allow logins to an account again
  export extern "mox config account enable" [
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config account enable color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config account enable dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    name: string              # Name of the account
  ]

  def "nu-complete mox config account addresses color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config account addresses dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the addresses of an account
  export extern "mox config account addresses" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config account addresses color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config account addresses dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    name: string              # Name of the account
  ]

  def "nu-complete mox config account apppassword color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config account apppassword dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Add, show and remove passwords of programs, beside that of the account
  export extern "mox config account apppassword" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config account apppassword color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config account apppassword dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config account apppassword list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config account apppassword list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the app passwords of an account, and when each was last used
  export extern "mox config account apppassword list" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config account apppassword list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config account apppassword list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    account: string           # Name of the account
  ]

  def "nu-complete mox config account apppassword add color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config account apppassword add dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Make an app password, and print it once
  export extern "mox config account apppassword add" [
    --dry-run                 # Only check
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config account apppassword add color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config account apppassword add dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    account: string           # Name of the account
    name: string              # The program or the device that it is for
  ]

  def "nu-complete mox config account apppassword rm color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config account apppassword rm dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Take an app password away
  export extern "mox config account apppassword rm" [
    --dry-run                 # Only look whether it is there
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config account apppassword rm color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config account apppassword rm dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    account: string           # Name of the account
    id: string                # Its number, as the list shows it
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config account apppassword help" [
  ]

  # Show the app passwords of an account, and when each was last used
  export extern "mox config account apppassword help list" [
  ]

  # Make an app password, and print it once
  export extern "mox config account apppassword help add" [
  ]

  # Take an app password away
  export extern "mox config account apppassword help rm" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config account apppassword help help" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config account help" [
  ]

  # Show the accounts
  export extern "mox config account help list" [
  ]

  # Show an account: its addresses, what refers to it, what is stored
  export extern "mox config account help show" [
  ]

  # Add an account with an address
  export extern "mox config account help add" [
  ]

  # Remove an account; its mail stays unless --purge is given
  export extern "mox config account help rm" [
  ]

  # Change the name, description, quota or limits of an account
  export extern "mox config account help set" [
  ]

  # Let nobody log in to an account; mail is still received
  export extern "mox config account help disable" [
  ]

  # Allow logins to an account again
  export extern "mox config account help enable" [
  ]

  # Show the addresses of an account
  export extern "mox config account help addresses" [
  ]

  # Add, show and remove passwords of programs, beside that of the account
  export extern "mox config account help apppassword" [
  ]

  # Show the app passwords of an account, and when each was last used
  export extern "mox config account help apppassword list" [
  ]

  # Make an app password, and print it once
  export extern "mox config account help apppassword add" [
  ]

  # Take an app password away
  export extern "mox config account help apppassword rm" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config account help help" [
  ]

  def "nu-complete mox config address color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config address dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Add, show and remove addresses of accounts
  export extern "mox config address" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config address color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config address dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config address list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config address list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show addresses and who has them
  export extern "mox config address list" [
    --account: string         # Of this account
    --domain: string          # Of this domain
    --rules                   # With what happens to mail for each: settings and rulesets
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config address list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config address list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config address add color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config address add dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Give an account an address, or with @domain all of a domain that are not found otherwise
  export extern "mox config address add" [
    --mailbox: string         # Mailbox for its mail instead of Inbox
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config address add color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config address add dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    address: string           # The address, or @domain
    account: string           # Name of the account
  ]

  def "nu-complete mox config address rm color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config address rm dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Take an address away
  export extern "mox config address rm" [
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config address rm color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config address rm dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    address: string           # The address, or @domain
  ]

  def "nu-complete mox config address rulesets color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config address rulesets dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the rulesets of an address: which mail goes to another mailbox
  export extern "mox config address rulesets" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config address rulesets color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config address rulesets dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    address: string           # The address, or @domain
  ]

  def "nu-complete mox config address mvruleset color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config address mvruleset dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Move a ruleset of an address to another place among them
  export extern "mox config address mvruleset" [
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config address mvruleset color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config address mvruleset dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    address: string           # The address, or @domain
    ruleset: string           # Number of the ruleset, as `mox config address rulesets` shows it
    to: string                # Its number afterwards: they are tried in order, and the first that matches is used
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config address help" [
  ]

  # Show addresses and who has them
  export extern "mox config address help list" [
  ]

  # Give an account an address, or with @domain all of a domain that are not found otherwise
  export extern "mox config address help add" [
  ]

  # Take an address away
  export extern "mox config address help rm" [
  ]

  # Show the rulesets of an address: which mail goes to another mailbox
  export extern "mox config address help rulesets" [
  ]

  # Move a ruleset of an address to another place among them
  export extern "mox config address help mvruleset" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config address help help" [
  ]

  def "nu-complete mox config domain color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config domain dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Add, show, disable and remove domains
  export extern "mox config domain" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config domain color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config domain dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config domain list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config domain list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the domains
  export extern "mox config domain list" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config domain list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config domain list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config domain show color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config domain show dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show a domain: its settings, addresses and aliases
  export extern "mox config domain show" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config domain show color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config domain show dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # The domain
  ]

  def "nu-complete mox config domain add color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config domain add dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Add a domain, with keys to sign with and addresses for reports
  export extern "mox config domain add" [
    --disabled                # Refuse its mail until `mox config domain enable`, as while DNS is set up
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config domain add color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config domain add dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    domain: string            # The domain
    account: string           # Account that gets its reports, and the first address
    localpart?: string        # Part before the @ of a first address for the account
  ]

  def "nu-complete mox config domain rm color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config domain rm dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Remove a domain that has no addresses any more; key files stay
  export extern "mox config domain rm" [
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config domain rm color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config domain rm dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # The domain
  ]

  def "nu-complete mox config domain set case_sensitive" [] {
    [ "true" "false" ]
  }

  def "nu-complete mox config domain set color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config domain set dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Change the description of a domain, or how its addresses are looked up
  export extern "mox config domain set" [
    --description: string     # Free text; empty for none
    --separator: string       # Text that ends the localpart when addresses are looked up, as +; may be given several times, empty for none
    --case-sensitive: string@"nu-complete mox config domain set case_sensitive" # Whether User and user are two addresses
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config domain set color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config domain set dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    domain: string            # The domain
  ]

  def "nu-complete mox config domain disable color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config domain disable dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Refuse mail for and from a domain for the time being
  export extern "mox config domain disable" [
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config domain disable color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config domain disable dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # The domain
  ]

  def "nu-complete mox config domain enable color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config domain enable dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Take mail of a domain again
  export extern "mox config domain enable" [
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config domain enable color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config domain enable dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # The domain
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config domain help" [
  ]

  # Show the domains
  export extern "mox config domain help list" [
  ]

  # Show a domain: its settings, addresses and aliases
  export extern "mox config domain help show" [
  ]

  # Add a domain, with keys to sign with and addresses for reports
  export extern "mox config domain help add" [
  ]

  # Remove a domain that has no addresses any more; key files stay
  export extern "mox config domain help rm" [
  ]

  # Change the description of a domain, or how its addresses are looked up
  export extern "mox config domain help set" [
  ]

  # Refuse mail for and from a domain for the time being
  export extern "mox config domain help disable" [
  ]

  # Take mail of a domain again
  export extern "mox config domain help enable" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config domain help help" [
  ]

  def "nu-complete mox config alias color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config alias dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Add, show, change and remove addresses that lead to several others
  export extern "mox config alias" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config alias color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config alias dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config alias list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config alias list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the aliases of a domain, or of all
  export extern "mox config alias list" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config alias list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config alias list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain?: string           # Of this domain
  ]

  def "nu-complete mox config alias show color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config alias show dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show an alias and its members
  export extern "mox config alias show" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config alias show color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config alias show dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    alias: string             # Address of the alias
  ]

  def "nu-complete mox config alias add color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config alias add dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Add an alias with its members
  export extern "mox config alias add" [
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config alias add color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config alias add dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    alias: string             # Address of the alias
    ...addresses: string      # Addresses that get its mail, each of an account here
  ]

  def "nu-complete mox config alias update post_public" [] {
    [ "true" "false" ]
  }

  def "nu-complete mox config alias update list_members" [] {
    [ "true" "false" ]
  }

  def "nu-complete mox config alias update allow_msg_from" [] {
    [ "true" "false" ]
  }

  def "nu-complete mox config alias update color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config alias update dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Change who may send to an alias, see its members, and send as it
  export extern "mox config alias update" [
    --post-public: string@"nu-complete mox config alias update post_public" # Whether anyone may send to it; else only its members
    --list-members: string@"nu-complete mox config alias update list_members" # Whether members can see the members
    --allow-msg-from: string@"nu-complete mox config alias update allow_msg_from" # Whether members may use its address in From
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config alias update color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config alias update dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    alias: string             # Address of the alias
  ]

  def "nu-complete mox config alias rm color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config alias rm dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Remove an alias
  export extern "mox config alias rm" [
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config alias rm color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config alias rm dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    alias: string             # Address of the alias
  ]

  def "nu-complete mox config alias addaddr color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config alias addaddr dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Add members to an alias
  export extern "mox config alias addaddr" [
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config alias addaddr color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config alias addaddr dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    alias: string             # Address of the alias
    ...addresses: string      # Addresses of members
  ]

  def "nu-complete mox config alias rmaddr color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config alias rmaddr dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Take members of an alias away
  export extern "mox config alias rmaddr" [
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config alias rmaddr color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config alias rmaddr dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    alias: string             # Address of the alias
    ...addresses: string      # Addresses of members
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config alias help" [
  ]

  # Show the aliases of a domain, or of all
  export extern "mox config alias help list" [
  ]

  # Show an alias and its members
  export extern "mox config alias help show" [
  ]

  # Add an alias with its members
  export extern "mox config alias help add" [
  ]

  # Change who may send to an alias, see its members, and send as it
  export extern "mox config alias help update" [
  ]

  # Remove an alias
  export extern "mox config alias help rm" [
  ]

  # Add members to an alias
  export extern "mox config alias help addaddr" [
  ]

  # Take members of an alias away
  export extern "mox config alias help rmaddr" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config alias help help" [
  ]

  def "nu-complete mox config tlspubkey color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config tlspubkey dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Add, show and remove TLS client keys that log in
  export extern "mox config tlspubkey" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config tlspubkey color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config tlspubkey dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config tlspubkey list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config tlspubkey list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the keys
  export extern "mox config tlspubkey list" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config tlspubkey list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config tlspubkey list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    account?: string          # Of this account
  ]

  def "nu-complete mox config tlspubkey get color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config tlspubkey get dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the key with a fingerprint
  export extern "mox config tlspubkey get" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config tlspubkey get color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config tlspubkey get dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    fingerprint: string       # Fingerprint of the key
  ]

  def "nu-complete mox config tlspubkey add color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config tlspubkey add dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Let the holder of a key log in as an address
  export extern "mox config tlspubkey add" [
    --dry-run                 # Only check
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config tlspubkey add color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config tlspubkey add dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    address: string           # Address that it logs in as
    name?: string             # What people call it
  ]

  def "nu-complete mox config tlspubkey rm color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config tlspubkey rm dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Take a key away
  export extern "mox config tlspubkey rm" [
    --dry-run                 # Only look whether it is there
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config tlspubkey rm color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config tlspubkey rm dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    fingerprint: string       # Fingerprint of the key
  ]

  def "nu-complete mox config tlspubkey gen color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config tlspubkey gen dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Make an Ed25519 key and a certificate that has it: STEM.key.pem and STEM.cert.pem
  export extern "mox config tlspubkey gen" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config tlspubkey gen color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config tlspubkey gen dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    stem: path                # Path and name of the files, without their ends
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config tlspubkey help" [
  ]

  # Show the keys
  export extern "mox config tlspubkey help list" [
  ]

  # Show the key with a fingerprint
  export extern "mox config tlspubkey help get" [
  ]

  # Let the holder of a key log in as an address
  export extern "mox config tlspubkey help add" [
  ]

  # Take a key away
  export extern "mox config tlspubkey help rm" [
  ]

  # Make an Ed25519 key and a certificate that has it: STEM.key.pem and STEM.cert.pem
  export extern "mox config tlspubkey help gen" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config tlspubkey help help" [
  ]

  def "nu-complete mox config versions color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config versions dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show earlier versions of domains.conf, and what replaced them
  export extern "mox config versions" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config versions color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config versions dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config diff color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config diff dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show what changed in domains.conf since a version
  export extern "mox config diff" [
    --secrets                 # Show passwords; else it is only seen that they differ
    --to: string              # Compare with this version, not with the file as it is
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config diff color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config diff dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    version?: string          # The version, from `mox config versions`; the newest if none is given
  ]

  def "nu-complete mox config apply color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config apply dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Check a whole new domains.conf, show what changes, and put it in effect
  export extern "mox config apply" [
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config apply color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config apply dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    file: path                # File with the new text; - for standard input
  ]

  def "nu-complete mox config rollback color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config rollback dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Put an earlier version of domains.conf in effect again
  export extern "mox config rollback" [
    --dry-run                 # Only show what would change
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config rollback color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config rollback dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    version: string           # The version, from `mox config versions`
  ]

  def "nu-complete mox config example name" [] {
    [ "transports" "webhandlers" "rulesets" ]
  }

  def "nu-complete mox config example color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config example dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print examples of settings, with what they mean
  export extern "mox config example" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config example color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config example dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    name?: string@"nu-complete mox config example name" # Which; all names if none is given
  ]

  def "nu-complete mox config dnscheck color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config dnscheck dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Check the records of a domain for mail, as `mox dnscheck` does
  export extern "mox config dnscheck" [
    --diff                    # Tell what is new and what is gone since the last run of this user
    --watch: string           # Check again and again, so many seconds apart, and tell what changes, until interrupted
    --ca-file: path           # File with certificates of authorities (PEM) to trust beside the system's
    --allow-egress: string    # Network to reach although it is not public, as in 10.0.0.0/8; may be given again
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config dnscheck color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config dnscheck dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # The domain, one of the configuration or any other
  ]

  def "nu-complete mox config dnsrecords form" [] {
    [ "zone" "table" ]
  }

  def "nu-complete mox config dnsrecords color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config dnsrecords dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print the records that a domain should have, as `mox dnsrecords` does
  export extern "mox config dnsrecords" [
    --form: string@"nu-complete mox config dnsrecords form" # Lines of a zone file, or a table
    --look                    # Ask DNS which of them are there
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config dnsrecords color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config dnsrecords dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # A domain of the configuration
  ]

  def "nu-complete mox config ensureacmehostprivatekeys color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config ensureacmehostprivatekeys dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Make private keys of hosts, so that DANE records stay when certificates are renewed
  export extern "mox config ensureacmehostprivatekeys" [
    --dry-run                 # Only show what would be made
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config ensureacmehostprivatekeys color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config ensureacmehostprivatekeys dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config describe-static color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config describe-static dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print every field of mox.conf with its documentation
  export extern "mox config describe-static" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config describe-static color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config describe-static dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox config describe-domains color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox config describe-domains dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print every field of domains.conf with its documentation
  export extern "mox config describe-domains" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox config describe-domains color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox config describe-domains dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config help" [
  ]

  # Check the config files
  export extern "mox config help test" [
  ]

  # Print the config as it is understood, without comments and passwords
  export extern "mox config help show" [
  ]

  # Show which files and folders are used
  export extern "mox config help path" [
  ]

  # Print what a service manager has to know to run the server
  export extern "mox config help printservice" [
  ]

  # Add, show, disable and remove accounts
  export extern "mox config help account" [
  ]

  # Show the accounts
  export extern "mox config help account list" [
  ]

  # Show an account: its addresses, what refers to it, what is stored
  export extern "mox config help account show" [
  ]

  # Add an account with an address
  export extern "mox config help account add" [
  ]

  # Remove an account; its mail stays unless --purge is given
  export extern "mox config help account rm" [
  ]

  # Change the name, description, quota or limits of an account
  export extern "mox config help account set" [
  ]

  # Let nobody log in to an account; mail is still received
  export extern "mox config help account disable" [
  ]

  # Allow logins to an account again
  export extern "mox config help account enable" [
  ]

  # Show the addresses of an account
  export extern "mox config help account addresses" [
  ]

  # Add, show and remove passwords of programs, beside that of the account
  export extern "mox config help account apppassword" [
  ]

  # Show the app passwords of an account, and when each was last used
  export extern "mox config help account apppassword list" [
  ]

  # Make an app password, and print it once
  export extern "mox config help account apppassword add" [
  ]

  # Take an app password away
  export extern "mox config help account apppassword rm" [
  ]

  # Add, show and remove addresses of accounts
  export extern "mox config help address" [
  ]

  # Show addresses and who has them
  export extern "mox config help address list" [
  ]

  # Give an account an address, or with @domain all of a domain that are not found otherwise
  export extern "mox config help address add" [
  ]

  # Take an address away
  export extern "mox config help address rm" [
  ]

  # Show the rulesets of an address: which mail goes to another mailbox
  export extern "mox config help address rulesets" [
  ]

  # Move a ruleset of an address to another place among them
  export extern "mox config help address mvruleset" [
  ]

  # Add, show, disable and remove domains
  export extern "mox config help domain" [
  ]

  # Show the domains
  export extern "mox config help domain list" [
  ]

  # Show a domain: its settings, addresses and aliases
  export extern "mox config help domain show" [
  ]

  # Add a domain, with keys to sign with and addresses for reports
  export extern "mox config help domain add" [
  ]

  # Remove a domain that has no addresses any more; key files stay
  export extern "mox config help domain rm" [
  ]

  # Change the description of a domain, or how its addresses are looked up
  export extern "mox config help domain set" [
  ]

  # Refuse mail for and from a domain for the time being
  export extern "mox config help domain disable" [
  ]

  # Take mail of a domain again
  export extern "mox config help domain enable" [
  ]

  # Add, show, change and remove addresses that lead to several others
  export extern "mox config help alias" [
  ]

  # Show the aliases of a domain, or of all
  export extern "mox config help alias list" [
  ]

  # Show an alias and its members
  export extern "mox config help alias show" [
  ]

  # Add an alias with its members
  export extern "mox config help alias add" [
  ]

  # Change who may send to an alias, see its members, and send as it
  export extern "mox config help alias update" [
  ]

  # Remove an alias
  export extern "mox config help alias rm" [
  ]

  # Add members to an alias
  export extern "mox config help alias addaddr" [
  ]

  # Take members of an alias away
  export extern "mox config help alias rmaddr" [
  ]

  # Add, show and remove TLS client keys that log in
  export extern "mox config help tlspubkey" [
  ]

  # Show the keys
  export extern "mox config help tlspubkey list" [
  ]

  # Show the key with a fingerprint
  export extern "mox config help tlspubkey get" [
  ]

  # Let the holder of a key log in as an address
  export extern "mox config help tlspubkey add" [
  ]

  # Take a key away
  export extern "mox config help tlspubkey rm" [
  ]

  # Make an Ed25519 key and a certificate that has it: STEM.key.pem and STEM.cert.pem
  export extern "mox config help tlspubkey gen" [
  ]

  # Show earlier versions of domains.conf, and what replaced them
  export extern "mox config help versions" [
  ]

  # Show what changed in domains.conf since a version
  export extern "mox config help diff" [
  ]

  # Check a whole new domains.conf, show what changes, and put it in effect
  export extern "mox config help apply" [
  ]

  # Put an earlier version of domains.conf in effect again
  export extern "mox config help rollback" [
  ]

  # Print examples of settings, with what they mean
  export extern "mox config help example" [
  ]

  # Check the records of a domain for mail, as `mox dnscheck` does
  export extern "mox config help dnscheck" [
  ]

  # Print the records that a domain should have, as `mox dnsrecords` does
  export extern "mox config help dnsrecords" [
  ]

  # Make private keys of hosts, so that DANE records stay when certificates are renewed
  export extern "mox config help ensureacmehostprivatekeys" [
  ]

  # Print every field of mox.conf with its documentation
  export extern "mox config help describe-static" [
  ]

  # Print every field of domains.conf with its documentation
  export extern "mox config help describe-domains" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox config help help" [
  ]

  def "nu-complete mox certificates color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox certificates dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # See and renew certificates from certificate authorities (ACME)
  export extern "mox certificates" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox certificates color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox certificates dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox certificates list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox certificates list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List names and their certificates: when each ends and is renewed, and what went wrong
  export extern "mox certificates list" [
    --files                   # Those of files in place of those from authorities
    --keys                    # Private keys of hosts and their TLSA records in place of certificates
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox certificates list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox certificates list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox certificates renew color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox certificates renew dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Have a new certificate of a name made now
  export extern "mox certificates renew" [
    --dry-run                 # Only show what would be renewed
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox certificates renew color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox certificates renew dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    name: string              # One of the names that `mox certificates list` shows
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox certificates help" [
  ]

  # List names and their certificates: when each ends and is renewed, and what went wrong
  export extern "mox certificates help list" [
  ]

  # Have a new certificate of a name made now
  export extern "mox certificates help renew" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox certificates help help" [
  ]

  def "nu-complete mox setaccountpassword color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox setaccountpassword dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Set the password of an account
  export extern "mox setaccountpassword" [
    --password-stdin          # Read the password from the first line of standard input instead of asking
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox setaccountpassword color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox setaccountpassword dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    account: string           # Account name, or one of its addresses
  ]

  def "nu-complete mox setadminpassword color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox setadminpassword dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Set the password of the administrator
  export extern "mox setadminpassword" [
    --password-stdin          # Read the password from the first line of standard input instead of asking
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox setadminpassword color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox setadminpassword dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox verifydata color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox verifydata dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Check the stored data or a backup, and mend the data of a server that does not run
  export extern "mox verifydata" [
    --fix                     # Mend what can be mended
    --full                    # Compare the hashes of a backup's files too; contents of messages are always read
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox verifydata color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox verifydata dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    data?: directory          # Data folder, or folder of a backup [default: data folder of the config]
  ]

  def "nu-complete mox import color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox import dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Import messages from mbox files, maildirs and archives
  export extern "mox import" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox import color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox import dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox import mbox color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox import mbox dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Import an mbox file
  export extern "mox import mbox" [
    --dry-run                 # Count what would be imported, and import nothing
    --again                   # Import once more what was imported before
    --fault: string           # Break at a named point, for tests of crashes
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox import mbox color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox import mbox dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    account: string           # Account name, or one of its addresses
    mailbox: string           # Mailbox, made if it is not there
    file: path                # The file; - for standard input
  ]

  def "nu-complete mox import maildir color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox import maildir dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Import a maildir and the folders below it
  export extern "mox import maildir" [
    --dry-run                 # Count what would be imported, and import nothing
    --again                   # Import once more what was imported before
    --fault: string           # Break at a named point, for tests of crashes
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox import maildir color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox import maildir dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    account: string           # Account name, or one of its addresses
    mailbox: string           # Mailbox of what is in the maildir itself. Folders below go beside Inbox, or below any other mailbox
    dir: path                 # The folder that has cur and new, or an archive of it
  ]

  def "nu-complete mox import archive color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox import archive dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Import a tar or zip archive that holds maildirs or mbox files
  export extern "mox import archive" [
    --mailbox: string         # Put everything below this mailbox
    --dry-run                 # Count what would be imported, and import nothing
    --again                   # Import once more what was imported before
    --fault: string           # Break at a named point, for tests of crashes
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox import archive color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox import archive dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    account: string           # Account name, or one of its addresses
    file: path                # The archive: tar, packed with gzip or not, or zip
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox import help" [
  ]

  # Import an mbox file
  export extern "mox import help mbox" [
  ]

  # Import a maildir and the folders below it
  export extern "mox import help maildir" [
  ]

  # Import a tar or zip archive that holds maildirs or mbox files
  export extern "mox import help archive" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox import help help" [
  ]

  def "nu-complete mox export color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox export dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Export messages as mbox files, maildirs and archives
  export extern "mox export" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox export color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox export dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox export mbox color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox export mbox dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Export mbox files
  export extern "mox export mbox" [
    --single                  # One file for all
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox export mbox color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox export mbox dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    account: string           # Account name, or one of its addresses
    dest: path                # A folder that is made, an archive (.tgz, .tar.gz, .zip), or with --single a file; - for standard output
    mailbox?: string          # Only this mailbox and those below it
  ]

  def "nu-complete mox export maildir color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox export maildir dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Export a maildir
  export extern "mox export maildir" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox export maildir color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox export maildir dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    account: string           # Account name, or one of its addresses
    dest: path                # A folder that is made, or an archive (.tgz, .tar.gz, .zip); - for a tar.gz on standard output
    mailbox?: string          # Only this mailbox and those below it
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox export help" [
  ]

  # Export mbox files
  export extern "mox export help mbox" [
  ]

  # Export a maildir
  export extern "mox export help maildir" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox export help help" [
  ]

  def "nu-complete mox lab color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox lab dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Try mail with domains that pass and fail in every way
  export extern "mox lab" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox lab color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox lab dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox lab list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox lab list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List the domains of the lab: what each does, and what to expect
  export extern "mox lab list" [
    --group: string           # Only domains of this group
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox lab list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox lab list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox lab show color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox lab show dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the running lab: its time, and what each domain does now
  export extern "mox lab show" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox lab show color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox lab show dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox lab try color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox lab try dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Send a message to a domain of a running lab, or one as that domain does
  export extern "mox lab try" [
    --dry-run                 # Only say what would be sent
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox lab try color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox lab try dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # The domain, one that `mox lab list` has
  ]

  def "nu-complete mox lab key color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox lab key dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print the private key with which mail from the lab's domains can be signed
  export extern "mox lab key" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox lab key color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox lab key dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox lab advance color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox lab advance dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Move the time of a running lab on
  export extern "mox lab advance" [
    --dry-run                 # Only say what time it would be
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox lab advance color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox lab advance dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    by: string                # How far: a time like `90s`, `2h` or `7d`, or `midnight` for the next one, UTC
  ]

  def "nu-complete mox lab step color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox lab step dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Let a domain with a history do what it does next
  export extern "mox lab step" [
    --dry-run                 # Only say what it would do
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox lab step color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox lab step dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # The domain, one of those for which `mox lab list` has a line that begins with then
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox lab help" [
  ]

  # List the domains of the lab: what each does, and what to expect
  export extern "mox lab help list" [
  ]

  # Show the running lab: its time, and what each domain does now
  export extern "mox lab help show" [
  ]

  # Send a message to a domain of a running lab, or one as that domain does
  export extern "mox lab help try" [
  ]

  # Print the private key with which mail from the lab's domains can be signed
  export extern "mox lab help key" [
  ]

  # Move the time of a running lab on
  export extern "mox lab help advance" [
  ]

  # Let a domain with a history do what it does next
  export extern "mox lab help step" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox lab help help" [
  ]

  def "nu-complete mox dns color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dns dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Look names up, with what DNSSEC says of the answer
  export extern "mox dns" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dns color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dns dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox dns lookup kind" [] {
    [ "ptr" "mx" "cname" "ips" "a" "aaaa" "ns" "txt" "srv" "tlsa" "caa" "soa" ]
  }

  def "nu-complete mox dns lookup color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dns lookup dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Look up the records of a name, and say what DNSSEC says of them and why
  export extern "mox dns lookup" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dns lookup color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dns lookup dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    kind?: string@"nu-complete mox dns lookup kind" # Type of record; ips are A and AAAA
    name: string              # Name to look up, from the root whether or not it ends in a dot; with ptr also an address
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dns help" [
  ]

  # Look up the records of a name, and say what DNSSEC says of them and why
  export extern "mox dns help lookup" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dns help help" [
  ]

  def "nu-complete mox spf color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox spf dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Check whether an address may send mail for a domain (SPF)
  export extern "mox spf" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox spf color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox spf dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox spf check color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox spf check dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Check whether an address may send mail for a domain
  export extern "mox spf check" [
    --ip: string              # Address of the client
    --mail-from: string       # Reverse-path of the message: an address, a domain, or <> for none
    --helo: string            # Name that the client gives in HELO or EHLO, or an address literal [default: the literal of IP]
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox spf check color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox spf check dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    domain?: string           # Domain of the reverse-path
    address?: string          # Address of the client
  ]

  def "nu-complete mox spf lookup color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox spf lookup dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Look up the record of a domain and those it includes, and count what they cost
  export extern "mox spf lookup" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox spf lookup color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox spf lookup dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    domain: string            # Domain whose record to look up
  ]

  def "nu-complete mox spf parse color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox spf parse dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Take a record apart, without asking DNS
  export extern "mox spf parse" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox spf parse color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox spf parse dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    text: string              # Text of the record; `-` is standard input
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox spf help" [
  ]

  # Check whether an address may send mail for a domain
  export extern "mox spf help check" [
  ]

  # Look up the record of a domain and those it includes, and count what they cost
  export extern "mox spf help lookup" [
  ]

  # Take a record apart, without asking DNS
  export extern "mox spf help parse" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox spf help help" [
  ]

  def "nu-complete mox dkim color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dkim dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Sign messages, verify signatures, make keys (DKIM)
  export extern "mox dkim" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dkim color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dkim dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox dkim verify color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dkim verify dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Verify all signatures of a message
  export extern "mox dkim verify" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dkim verify color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dkim verify dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    file: path                # Message file; `-` is standard input. When its first line ends with LF alone, all lines are ended by CRLF first
  ]

  def "nu-complete mox dkim sign color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dkim sign dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Sign a message
  export extern "mox dkim sign" [
    --domain: string          # Domain that signs
    --selector: string        # Selector: the public key is at SELECTOR._domainkey.DOMAIN. May stand several times, each with its `--key`
    --key: path               # File with the private key (PEM)
    --canonicalization: string # How much may change on the way: simple or relaxed, for header and body
    --headers: string         # Fields to sign instead of the usual ones, From among them
    --no-oversign             # Sign each field as often as it stands in the message, not once more: others may then add some
    --expire: string          # After this time the signature counts no longer, as in 3d
    --identity: string        # On whose behalf (i=): an address of the domain or below it; its localpart may be empty
    --header-only             # Print the signature fields only, not the message
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dkim sign color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dkim sign dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    file: path                # Message file; `-` is standard input. Lines ended by LF alone are ended by CRLF first
  ]

  def "nu-complete mox dkim lookup color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dkim lookup dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Look up the public key of a selector, and check it
  export extern "mox dkim lookup" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dkim lookup color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dkim lookup dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    selector: string          # Selector, s= of a signature
    domain: string            # Domain, d= of a signature
  ]

  def "nu-complete mox dkim txt color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dkim txt dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print the DNS record of a private key
  export extern "mox dkim txt" [
    --selector: string        # Print the line of a zone file for this selector
    --domain: string          # Domain of the zone line
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dkim txt color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dkim txt dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    file?: path               # File with the private key (PEM); `-` is standard input
  ]

  def "nu-complete mox dkim gened25519 color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dkim gened25519 dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Make an Ed25519 key
  export extern "mox dkim gened25519" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dkim gened25519 color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dkim gened25519 dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox dkim genrsa color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dkim genrsa dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Make an RSA key
  export extern "mox dkim genrsa" [
    --bits: string            # Size: 2048, 3072 or 4096; the records of larger ones may be too long for old name servers
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dkim genrsa color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dkim genrsa dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dkim help" [
  ]

  # Verify all signatures of a message
  export extern "mox dkim help verify" [
  ]

  # Sign a message
  export extern "mox dkim help sign" [
  ]

  # Look up the public key of a selector, and check it
  export extern "mox dkim help lookup" [
  ]

  # Print the DNS record of a private key
  export extern "mox dkim help txt" [
  ]

  # Make an Ed25519 key
  export extern "mox dkim help gened25519" [
  ]

  # Make an RSA key
  export extern "mox dkim help genrsa" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dkim help help" [
  ]

  def "nu-complete mox dmarc color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Look up and apply what domains ask for about forged mail (DMARC)
  export extern "mox dmarc" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox dmarc lookup color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc lookup dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show which policy applies to mail of a domain, and how it is found
  export extern "mox dmarc lookup" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc lookup color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc lookup dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # The domain as in From
  ]

  def "nu-complete mox dmarc verify color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc verify dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Verify SPF, DKIM and DMARC of a message
  export extern "mox dmarc verify" [
    --ip: string              # Address of the client that brought the message
    --mail-from: string       # Address in MAIL FROM; empty or `<>` for bounces
    --helo: string            # Name in HELO or EHLO
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc verify color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc verify dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    ...args: string           # Message file [default: standard input, as `-`]. When its first line ends with LF alone, all lines are ended by CRLF first. Without --ip before it: client address, MAIL FROM and HELO
  ]

  def "nu-complete mox dmarc checkreportaddrs color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc checkreportaddrs dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Check that those whom a domain names for reports agreed to get them
  export extern "mox dmarc checkreportaddrs" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc checkreportaddrs color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc checkreportaddrs dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # The domain as in From
  ]

  def "nu-complete mox dmarc parse color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc parse dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Read a record, an aggregate report or a failure report
  export extern "mox dmarc parse" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc parse color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc parse dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    what: path                # Text of a record (v=DMARC1...), or file: report (.xml, .xml.gz, .zip) or message with one; `-` is standard input
  ]

  def "nu-complete mox dmarc results color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc results dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show what DMARC was applied to, as far as it is not reported yet
  export extern "mox dmarc results" [
    --day: string             # Of this day (UTC): today, yesterday, 2026-11-26
    --domain: string          # Of this policy domain
    --limit: string           # At most so many rows of messages, over all policies; 0 for counts alone
    --sums                    # Only sums of each day and domain, with whether there will be a report
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc results color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc results dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete mox dmarc preview color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc preview dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show what would be reported now, to whom, and what is withheld and why
  export extern "mox dmarc preview" [
    --day: string             # Of this day (UTC): today, yesterday, 2026-11-26
    --out: directory          # Write each report there, as .xml and .xml.gz; nothing is overwritten
    --outlook                 # Only say what becomes of each, and why, without the reports themselves
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc preview color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc preview dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    domain?: string           # Policy domain: where the record stands
  ]

  def "nu-complete mox dmarc send-now color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc send-now dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Send reports without waiting for their time
  export extern "mox dmarc send-now" [
    --day: string             # The day (UTC): yesterday, today, 2026-11-26
    --dry-run                 # Only show what would be sent
    --to: string              # Send a test copy to this mailto: URI, or mail address, and nothing to the published destinations
    --sample                  # Send a made-up report about the domain, which proves that signing and delivery work
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc send-now color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc send-now dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    ...domains: string        # Policy domains, where the records stand; none for all with results of the day
  ]

  def "nu-complete mox dmarc history color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc history dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show reports that were made, and what became of them
  export extern "mox dmarc history" [
    --limit: string           # At most so many
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc history color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc history dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    domain?: string           # Policy domain: where the record stands
  ]

  def "nu-complete mox dmarc explain color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc explain dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Explain step by step whether a report about a domain goes out, when and to whom
  export extern "mox dmarc explain" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc explain color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc explain dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    domain: string            # Policy domain: where the record stands
  ]

  def "nu-complete mox dmarc readiness color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc readiness dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Tell from received reports what would break under a stricter policy, and the record for the next step
  export extern "mox dmarc readiness" [
    --since: string           # By reports on days from then on: 7d, yesterday, 2026-11-01
    --rows: string            # By so many rows of reports at most, the latest; the page of the administrator looks at 10000
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc readiness color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc readiness dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    domain: string            # The domain as in From
  ]

  def "nu-complete mox dmarc suppress color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc suppress dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Destinations that get no reports
  export extern "mox dmarc suppress" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc suppress color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc suppress dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete mox dmarc suppress list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc suppress list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show which destinations get no reports, until when and why
  export extern "mox dmarc suppress list" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc suppress list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc suppress list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox dmarc suppress add color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc suppress add dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Send no reports to a destination
  export extern "mox dmarc suppress add" [
    --until: string           # So long from now, or until a time: 30d, 2027-01-31
    --reason: string          # Why
    --dry-run                 # Only show what would be added
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc suppress add color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc suppress add dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    uri: string               # A mailto: or https: URI, or a mail address
  ]

  def "nu-complete mox dmarc suppress remove color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc suppress remove dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Send reports to a destination again
  export extern "mox dmarc suppress remove" [
    --dry-run                 # Only show what would be removed
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc suppress remove color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc suppress remove dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    uri: string               # A mailto: or https: URI, or a mail address, as `suppress list` has it
  ]

  def "nu-complete mox dmarc suppress extend color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc suppress extend dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Move the end of a suppression
  export extern "mox dmarc suppress extend" [
    --until: string           # So long from now, or until a time: 30d, 2027-01-31
    --dry-run                 # Only show what would be changed
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc suppress extend color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc suppress extend dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    uri: string               # A mailto: or https: URI, or a mail address, as `suppress list` has it
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dmarc suppress help" [
  ]

  # Show which destinations get no reports, until when and why
  export extern "mox dmarc suppress help list" [
  ]

  # Send no reports to a destination
  export extern "mox dmarc suppress help add" [
  ]

  # Send reports to a destination again
  export extern "mox dmarc suppress help remove" [
  ]

  # Move the end of a suppression
  export extern "mox dmarc suppress help extend" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dmarc suppress help help" [
  ]

  def "nu-complete mox dmarc reports color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc reports dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Reports of others that arrived about mail from your domains
  export extern "mox dmarc reports" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc reports color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc reports dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox dmarc reports list by" [] {
    [ "domain" "day" ]
  }

  def "nu-complete mox dmarc reports list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc reports list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List reports that arrived, with what passed and what did not
  export extern "mox dmarc reports list" [
    --domain: string          # About this policy domain alone
    --since: string           # On days from then on: 7d, yesterday, 2026-11-01
    --by: string@"nu-complete mox dmarc reports list by" # Print sums by domain or day in place of reports
    --limit: string           # At most so many
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc reports list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc reports list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete mox dmarc reports show color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc reports show dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show one report, row by row
  export extern "mox dmarc reports show" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc reports show color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc reports show dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    id: string                # Id of the report, from `mox dmarc reports list`
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dmarc reports help" [
  ]

  # List reports that arrived, with what passed and what did not
  export extern "mox dmarc reports help list" [
  ]

  # Show one report, row by row
  export extern "mox dmarc reports help show" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dmarc reports help help" [
  ]

  def "nu-complete mox dmarc failures color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc failures dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Reports of others that arrived about single messages
  export extern "mox dmarc failures" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc failures color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc failures dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox dmarc failures list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc failures list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List reports about single messages that arrived
  export extern "mox dmarc failures list" [
    --domain: string          # About this policy domain alone
    --since: string           # That arrived from then on: 7d, yesterday, 2026-11-01
    --limit: string           # At most so many
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc failures list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc failures list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete mox dmarc failures show color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dmarc failures show dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show one, with the header of the message that it is about
  export extern "mox dmarc failures show" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dmarc failures show color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dmarc failures show dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the report, from `mox dmarc failures list`
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dmarc failures help" [
  ]

  # List reports about single messages that arrived
  export extern "mox dmarc failures help list" [
  ]

  # Show one, with the header of the message that it is about
  export extern "mox dmarc failures help show" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dmarc failures help help" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dmarc help" [
  ]

  # Show which policy applies to mail of a domain, and how it is found
  export extern "mox dmarc help lookup" [
  ]

  # Verify SPF, DKIM and DMARC of a message
  export extern "mox dmarc help verify" [
  ]

  # Check that those whom a domain names for reports agreed to get them
  export extern "mox dmarc help checkreportaddrs" [
  ]

  # Read a record, an aggregate report or a failure report
  export extern "mox dmarc help parse" [
  ]

  # Show what DMARC was applied to, as far as it is not reported yet
  export extern "mox dmarc help results" [
  ]

  # Show what would be reported now, to whom, and what is withheld and why
  export extern "mox dmarc help preview" [
  ]

  # Send reports without waiting for their time
  export extern "mox dmarc help send-now" [
  ]

  # Show reports that were made, and what became of them
  export extern "mox dmarc help history" [
  ]

  # Explain step by step whether a report about a domain goes out, when and to whom
  export extern "mox dmarc help explain" [
  ]

  # Tell from received reports what would break under a stricter policy, and the record for the next step
  export extern "mox dmarc help readiness" [
  ]

  # Destinations that get no reports
  export extern "mox dmarc help suppress" [
  ]

  # Show which destinations get no reports, until when and why
  export extern "mox dmarc help suppress list" [
  ]

  # Send no reports to a destination
  export extern "mox dmarc help suppress add" [
  ]

  # Send reports to a destination again
  export extern "mox dmarc help suppress remove" [
  ]

  # Move the end of a suppression
  export extern "mox dmarc help suppress extend" [
  ]

  # Reports of others that arrived about mail from your domains
  export extern "mox dmarc help reports" [
  ]

  # List reports that arrived, with what passed and what did not
  export extern "mox dmarc help reports list" [
  ]

  # Show one report, row by row
  export extern "mox dmarc help reports show" [
  ]

  # Reports of others that arrived about single messages
  export extern "mox dmarc help failures" [
  ]

  # List reports about single messages that arrived
  export extern "mox dmarc help failures list" [
  ]

  # Show one, with the header of the message that it is about
  export extern "mox dmarc help failures show" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dmarc help help" [
  ]

  def "nu-complete mox arc color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox arc dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Verify chains of authentication results (ARC)
  export extern "mox arc" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox arc color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox arc dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox arc verify color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox arc verify dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Verify the chain of a message
  export extern "mox arc verify" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox arc verify color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox arc verify dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    file: path                # Message file; `-` is standard input. When its first line ends with LF alone, all lines are ended by CRLF first
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox arc help" [
  ]

  # Verify the chain of a message
  export extern "mox arc help verify" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox arc help help" [
  ]

  def "nu-complete mox iprev color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox iprev dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Check that an address has a name that leads back to it
  export extern "mox iprev" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox iprev color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox iprev dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    ip: string                # Address whose names to look up
  ]

  def "nu-complete mox dnscheck color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dnscheck dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Check the records of a domain for mail: what is wrong, and what mends it
  export extern "mox dnscheck" [
    --diff                    # Tell what is new and what is gone since the last run of this user
    --watch: string           # Check again and again, so many seconds apart, and tell what changes, until interrupted
    --ca-file: path           # File with certificates of authorities (PEM) to trust beside the system's
    --allow-egress: string    # Network to reach although it is not public, as in 10.0.0.0/8; may be given again
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dnscheck color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dnscheck dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    domain: string            # The domain, one of the configuration or any other
  ]

  def "nu-complete mox doctor color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox doctor dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Look at everything: the machine, the config, certificates, ports, DNS, the running server
  export extern "mox doctor" [
    --fix                     # Mend what can be mended safely: rights of files
    --dry-run                 # With --fix: only say what would be mended
    --offline                 # Ask nobody: neither DNS nor other hosts
    --ca-file: path           # File with certificates of authorities (PEM) to trust beside the system's
    --allow-egress: string    # Network to reach although it is not public, as in 10.0.0.0/8; may be given again
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox doctor color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox doctor dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete mox clientconfig color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox clientconfig dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print what mail programs of a domain's users have to know: host names, ports, TLS
  export extern "mox clientconfig" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox clientconfig color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox clientconfig dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # A domain of the configuration
  ]

  def "nu-complete mox dnsrecords form" [] {
    [ "zone" "table" ]
  }

  def "nu-complete mox dnsrecords color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dnsrecords dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print the records that a domain of the configuration should have
  export extern "mox dnsrecords" [
    --form: string@"nu-complete mox dnsrecords form" # Lines of a zone file, or a table
    --look                    # Ask DNS which of them are there
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dnsrecords color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dnsrecords dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # A domain of the configuration
  ]

  def "nu-complete mox dnsbl color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dnsbl dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Ask DNS block lists
  export extern "mox dnsbl" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dnsbl color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dnsbl dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox dnsbl check color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dnsbl check dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Ask a list about an address
  export extern "mox dnsbl check" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dnsbl check color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dnsbl check dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    zone: string              # Domain of the list
    ip: string                # Address to ask about
  ]

  def "nu-complete mox dnsbl checkhealth color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dnsbl checkhealth dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Check that a list works: it lists its test entries, and nothing that no list may
  export extern "mox dnsbl checkhealth" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dnsbl checkhealth color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dnsbl checkhealth dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    zone: string              # Domain of the list
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dnsbl help" [
  ]

  # Ask a list about an address
  export extern "mox dnsbl help check" [
  ]

  # Check that a list works: it lists its test entries, and nothing that no list may
  export extern "mox dnsbl help checkhealth" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dnsbl help help" [
  ]

  def "nu-complete mox mtasts color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox mtasts dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Look up policies that ask for verified TLS (MTA-STS)
  export extern "mox mtasts" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox mtasts color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox mtasts dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox mtasts forget color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox mtasts forget dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Forget the policy of a domain, so that the next delivery looks anew
  export extern "mox mtasts forget" [
    --dry-run                 # Only show what would be forgotten
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox mtasts forget color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox mtasts forget dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # Domain of recipients, the part of their addresses after the @
  ]

  def "nu-complete mox mtasts list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox mtasts list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List the policies that the running server remembers
  export extern "mox mtasts list" [
    --domain: string          # Only domains with this in their names
    --after: string           # Only domains behind this one, in order of names
    --limit: string           # So many rows at most
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox mtasts list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox mtasts list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox mtasts lookup color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox mtasts lookup dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Look up the record and the policy of a domain, and compare its mail hosts with it
  export extern "mox mtasts lookup" [
    --ca-file: path           # File with certificates of authorities (PEM) to trust beside the system's
    --allow-egress: string    # Network to reach although it is not public, as in 10.0.0.0/8; may be given again
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox mtasts lookup color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox mtasts lookup dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # Domain of recipients, the part of their addresses after the @
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox mtasts help" [
  ]

  # Forget the policy of a domain, so that the next delivery looks anew
  export extern "mox mtasts help forget" [
  ]

  # List the policies that the running server remembers
  export extern "mox mtasts help list" [
  ]

  # Look up the record and the policy of a domain, and compare its mail hosts with it
  export extern "mox mtasts help lookup" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox mtasts help help" [
  ]

  def "nu-complete mox tlsrpt color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Look up where reports about TLS go (TLSRPT)
  export extern "mox tlsrpt" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox tlsrpt lookup color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt lookup dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Look up where reports about TLS to a domain go
  export extern "mox tlsrpt lookup" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt lookup color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt lookup dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # Domain of recipients, or, for reports about DANE, a mail host
  ]

  def "nu-complete mox tlsrpt results color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt results dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show how TLS went with others, as far as it is not reported yet
  export extern "mox tlsrpt results" [
    --day: string             # Of this day (UTC): today, yesterday, 2026-11-26
    --domain: string          # Of this policy domain, or domain of recipients
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt results color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt results dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox tlsrpt preview color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt preview dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show what would be reported now, to whom, and what is withheld and why
  export extern "mox tlsrpt preview" [
    --day: string             # Of this day (UTC): today, yesterday, 2026-11-26
    --out: directory          # Write each report there, as .json and .json.gz; nothing is overwritten
    --outlook                 # Only say what becomes of each, and why, without the reports themselves
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt preview color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt preview dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain?: string           # Policy domain: a domain of recipients, or an MX host
  ]

  def "nu-complete mox tlsrpt send-now color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt send-now dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Send reports without waiting for their time
  export extern "mox tlsrpt send-now" [
    --day: string             # The day (UTC): yesterday, today, 2026-11-26
    --dry-run                 # Only show what would be sent
    --to: string              # Send a test copy to this mailto: or https: URI, or mail address, and nothing to the published destinations
    --sample                  # Send a made-up report about the domain, which proves that signing and delivery work
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt send-now color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt send-now dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    ...domains: string        # Policy domains: domains of recipients, or MX hosts; none for all with results of the day
  ]

  def "nu-complete mox tlsrpt history color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt history dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show reports that were made, and what became of them
  export extern "mox tlsrpt history" [
    --limit: string           # At most so many
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt history color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt history dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain?: string           # Policy domain: a domain of recipients, or an MX host
  ]

  def "nu-complete mox tlsrpt explain color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt explain dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Explain step by step whether a report about a domain goes out, when and to whom
  export extern "mox tlsrpt explain" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt explain color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt explain dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # Policy domain: a domain of recipients, or an MX host
  ]

  def "nu-complete mox tlsrpt suppress color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt suppress dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Destinations that get no reports
  export extern "mox tlsrpt suppress" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt suppress color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt suppress dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete mox tlsrpt suppress list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt suppress list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show which destinations get no reports, until when and why
  export extern "mox tlsrpt suppress list" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt suppress list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt suppress list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox tlsrpt suppress add color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt suppress add dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Send no reports to a destination
  export extern "mox tlsrpt suppress add" [
    --until: string           # So long from now, or until a time: 30d, 2027-01-31
    --reason: string          # Why
    --dry-run                 # Only show what would be added
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt suppress add color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt suppress add dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    uri: string               # A mailto: or https: URI, or a mail address
  ]

  def "nu-complete mox tlsrpt suppress remove color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt suppress remove dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Send reports to a destination again
  export extern "mox tlsrpt suppress remove" [
    --dry-run                 # Only show what would be removed
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt suppress remove color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt suppress remove dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    uri: string               # A mailto: or https: URI, or a mail address, as `suppress list` has it
  ]

  def "nu-complete mox tlsrpt suppress extend color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt suppress extend dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Move the end of a suppression
  export extern "mox tlsrpt suppress extend" [
    --until: string           # So long from now, or until a time: 30d, 2027-01-31
    --dry-run                 # Only show what would be changed
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt suppress extend color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt suppress extend dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    uri: string               # A mailto: or https: URI, or a mail address, as `suppress list` has it
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox tlsrpt suppress help" [
  ]

  # Show which destinations get no reports, until when and why
  export extern "mox tlsrpt suppress help list" [
  ]

  # Send no reports to a destination
  export extern "mox tlsrpt suppress help add" [
  ]

  # Send reports to a destination again
  export extern "mox tlsrpt suppress help remove" [
  ]

  # Move the end of a suppression
  export extern "mox tlsrpt suppress help extend" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox tlsrpt suppress help help" [
  ]

  def "nu-complete mox tlsrpt reports color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt reports dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Reports of others that arrived
  export extern "mox tlsrpt reports" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt reports color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt reports dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox tlsrpt reports list by" [] {
    [ "domain" "day" ]
  }

  def "nu-complete mox tlsrpt reports list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt reports list dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # List reports that arrived, with what fails, where and since when
  export extern "mox tlsrpt reports list" [
    --domain: string          # About this domain, or host, alone
    --since: string           # On days from then on: 7d, yesterday, 2026-11-01
    --by: string@"nu-complete mox tlsrpt reports list by" # Print sums by domain or day in place of reports
    --host: string            # Sums by day are of sessions with this mail host alone
    --limit: string           # At most so many
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt reports list color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt reports list dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete mox tlsrpt reports show color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt reports show dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show one report in sentences
  export extern "mox tlsrpt reports show" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt reports show color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt reports show dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    id: string                # Id of the report, from `mox tlsrpt reports list`
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox tlsrpt reports help" [
  ]

  # List reports that arrived, with what fails, where and since when
  export extern "mox tlsrpt reports help list" [
  ]

  # Show one report in sentences
  export extern "mox tlsrpt reports help show" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox tlsrpt reports help help" [
  ]

  def "nu-complete mox tlsrpt parse color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox tlsrpt parse dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Tell in sentences what a report says, from a file or message
  export extern "mox tlsrpt parse" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox tlsrpt parse color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox tlsrpt parse dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    file: path                # Report (.json, .json.gz) or message with a report in it; `-` is standard input
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox tlsrpt help" [
  ]

  # Look up where reports about TLS to a domain go
  export extern "mox tlsrpt help lookup" [
  ]

  # Show how TLS went with others, as far as it is not reported yet
  export extern "mox tlsrpt help results" [
  ]

  # Show what would be reported now, to whom, and what is withheld and why
  export extern "mox tlsrpt help preview" [
  ]

  # Send reports without waiting for their time
  export extern "mox tlsrpt help send-now" [
  ]

  # Show reports that were made, and what became of them
  export extern "mox tlsrpt help history" [
  ]

  # Explain step by step whether a report about a domain goes out, when and to whom
  export extern "mox tlsrpt help explain" [
  ]

  # Destinations that get no reports
  export extern "mox tlsrpt help suppress" [
  ]

  # Show which destinations get no reports, until when and why
  export extern "mox tlsrpt help suppress list" [
  ]

  # Send no reports to a destination
  export extern "mox tlsrpt help suppress add" [
  ]

  # Send reports to a destination again
  export extern "mox tlsrpt help suppress remove" [
  ]

  # Move the end of a suppression
  export extern "mox tlsrpt help suppress extend" [
  ]

  # Reports of others that arrived
  export extern "mox tlsrpt help reports" [
  ]

  # List reports that arrived, with what fails, where and since when
  export extern "mox tlsrpt help reports list" [
  ]

  # Show one report in sentences
  export extern "mox tlsrpt help reports show" [
  ]

  # Tell in sentences what a report says, from a file or message
  export extern "mox tlsrpt help parse" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox tlsrpt help help" [
  ]

  def "nu-complete mox reports color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox reports dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show what received reports tell, about mail (DMARC) and about TLS
  export extern "mox reports" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox reports color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox reports dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox reports summary color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox reports summary dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show how much mail and how many TLS sessions passed and failed, by who sends and by host
  export extern "mox reports summary" [
    --domain: string          # About this policy domain alone
    --since: string           # On days from then on: 7d, yesterday, 2026-11-01
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox reports summary color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox reports summary dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete mox reports causes family" [] {
    [ "tls" "dmarc" ]
  }

  def "nu-complete mox reports causes color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox reports causes dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Tell in sentences why mail and TLS sessions fail, and what mends it, the worst first
  export extern "mox reports causes" [
    --domain: string          # About this policy domain alone
    --family: string@"nu-complete mox reports causes family" # Of reports of this kind alone
    --host: string            # With this mail host alone
    --since: string           # On days from then on: 7d, yesterday, 2026-11-01
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox reports causes color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox reports causes dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete mox reports silent family" [] {
    [ "tls" "dmarc" ]
  }

  def "nu-complete mox reports silent color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox reports silent dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Name reporters that used to report and fell silent
  export extern "mox reports silent" [
    --domain: string          # About this policy domain alone
    --family: string@"nu-complete mox reports silent family" # Who sent reports of this kind alone
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox reports silent color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox reports silent dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox reports help" [
  ]

  # Show how much mail and how many TLS sessions passed and failed, by who sends and by host
  export extern "mox reports help summary" [
  ]

  # Tell in sentences why mail and TLS sessions fail, and what mends it, the worst first
  export extern "mox reports help causes" [
  ]

  # Name reporters that used to report and fell silent
  export extern "mox reports help silent" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox reports help help" [
  ]

  def "nu-complete mox dane color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dane dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Make TLSA records, and compare mail hosts with theirs (DANE)
  export extern "mox dane" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dane color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dane dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox dane dial color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dane dial dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Connect to a mail host and compare its certificate with its TLSA records
  export extern "mox dane dial" [
    --ehlo-hostname: string   # Name to greet servers with
    --ca-file: path           # File with certificates of authorities (PEM) to trust beside the system's
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dane dial color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dane dial dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    host: string              # Mail host, and port [default: 25]; with port 465 TLS starts at once, else with STARTTLS
  ]

  def "nu-complete mox dane dialmx color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dane dialmx dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Do that for every mail host of a domain
  export extern "mox dane dialmx" [
    --ehlo-hostname: string   # Name to greet servers with
    --ca-file: path           # File with certificates of authorities (PEM) to trust beside the system's
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dane dialmx color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dane dialmx dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    domain: string            # Domain of recipients, the part of their addresses after the @
    host?: string             # Only this one of its mail hosts
  ]

  def "nu-complete mox dane makerecord color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox dane makerecord dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Make the TLSA record for a certificate or key
  export extern "mox dane makerecord" [
    --host: string            # Print the whole line of a zone file, for this host
    --port: string            # Port of the service at the host
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox dane makerecord color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox dane makerecord dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    usage: string             # What the certificate is: 0 pkix-ta, 1 pkix-ee, 2 dane-ta, 3 dane-ee; mail needs one of the last two
    selector: string          # What of it counts: 0 cert, 1 spki (its public key)
    matching: string          # How it is compared: 0 full, 1 sha2-256, 2 sha2-512
    file?: path               # PEM file with a certificate, public key or private key; `-` and nothing is standard input
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dane help" [
  ]

  # Connect to a mail host and compare its certificate with its TLSA records
  export extern "mox dane help dial" [
  ]

  # Do that for every mail host of a domain
  export extern "mox dane help dialmx" [
  ]

  # Make the TLSA record for a certificate or key
  export extern "mox dane help makerecord" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox dane help help" [
  ]

  def "nu-complete mox deliver color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox deliver dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Try out what a delivery would meet
  export extern "mox deliver" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox deliver color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox deliver dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox deliver check color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox deliver check dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Do what a delivery would do up to MAIL FROM, and tell each step
  export extern "mox deliver check" [
    --requiretls              # As for a message that must only pass hosts with verified TLS (REQUIRETLS)
    --tls-required-no         # As for a message whose header says TLS-Required: No
    --from: string            # Sender to say in MAIL FROM [default: <>]
    --ehlo: string            # Name to greet servers with
    --all                     # Try every mail host, as far as the 8 connections of one attempt go; the first that takes the session still decides
    --lab                     # Try it in a lab of this command's own, without a network: domains are those of `mox lab list`
    --ca-file: path           # File with certificates of authorities (PEM) to trust beside the system's
    --allow-egress: string    # Network to reach although it is not public, as in 10.0.0.0/8; may be given again
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox deliver check color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox deliver check dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    address: string           # Address of a recipient, or its domain
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox deliver help" [
  ]

  # Do what a delivery would do up to MAIL FROM, and tell each step
  export extern "mox deliver help check" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox deliver help help" [
  ]

  def "nu-complete mox smtp color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox smtp dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Connect to mail hosts and look at what they show
  export extern "mox smtp" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox smtp color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox smtp dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox smtp dial tls_mode" [] {
    [ "immediate" "required" "opportunistic" "none" ]
  }

  def "nu-complete mox smtp dial color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox smtp dial dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Connect to a mail host and tell what it offers, and how its TLS verifies
  export extern "mox smtp dial" [
    --tls-mode: string@"nu-complete mox smtp dial tls_mode" # When TLS starts [default: immediate on port 465, else opportunistic]
    --verify-cert             # A certificate that does not verify (PKIX) is a problem
    --submission              # As a mail program does: port 465, TLS a must, and a certificate that verifies
    --remote-hostname: string # Name that the server is asked to prove, instead of the host
    --ehlo-hostname: string   # Name to greet servers with
    --ca-file: path           # File with certificates of authorities (PEM) to trust beside the system's
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox smtp dial color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox smtp dial dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help (see more with '--help')
    host: string              # Host to connect to, and port [default: 25, or 465 with --submission]
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox smtp help" [
  ]

  # Connect to a mail host and tell what it offers, and how its TLS verifies
  export extern "mox smtp help dial" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox smtp help help" [
  ]

  def "nu-complete mox rdap color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox rdap dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Ask domain registries
  export extern "mox rdap" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox rdap color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox rdap dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox rdap domainage color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox rdap domainage dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Look up when a domain was registered
  export extern "mox rdap domainage" [
    --bootstrap: string       # File that says which server knows which domains
    --ca-file: path           # File with certificates of authorities (PEM) to trust beside the system's
    --allow-egress: string    # Network to reach although it is not public, as in 10.0.0.0/8; may be given again
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox rdap domainage color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox rdap domainage dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    domain: string            # Domain as it was registered, without host names before it
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox rdap help" [
  ]

  # Look up when a domain was registered
  export extern "mox rdap help domainage" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox rdap help help" [
  ]

  def "nu-complete mox sendmail color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox sendmail dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Submit a message as the classic sendmail program does
  export extern "mox sendmail" [
    -t                        # Take recipients from the To, Cc and Bcc fields, too, and remove Bcc
    -F: string                # Name of the sender, for the From field
    -f: string                # Address of the sender
    -i                        # A line with only a dot does not end the message
    -o: string                # Classic option; only `i` (as -i) means something
    -b: string                # Classic mode; only `m`, submission, is there
    -C: path                  # File that names the server [default: /etc/moxsubmit.conf, else localserve's settings]
    -B: string                # Classic options without effect
    -N: string
    -R: string
    -V: string
    -L: string
    -O: string
    -e: string
    -m
    -n
    -U
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox sendmail color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox sendmail dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    ...recipients: string     # Addresses of recipients
  ]

  def "nu-complete mox version color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox version dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Show the version of this program
  export extern "mox version" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox version color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox version dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
  ]

  def "nu-complete mox completion shell" [] {
    [ "bash" "zsh" "fish" "powershell" "nushell" ]
  }

  def "nu-complete mox completion color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox completion dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Print the completion script of a shell
  export extern "mox completion" [
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox completion color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox completion dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    shell: string@"nu-complete mox completion shell" # Which shell
  ]

  def "nu-complete mox generate what" [] {
    [ "man" "completions" "all" ]
  }

  def "nu-complete mox generate color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete mox generate dnssec" [] {
    [ "auto" "validate" "trust-ad" "off" ]
  }

  # Write the generated files: man pages and completions
  export extern "mox generate" [
    --out: directory          # Folder that has the folders `man`, `completions` and `docs`
    --check                   # Write nothing; exit code 3 when a file is missing, stale or left over
    --config: path            # Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    --json                    # Print the result as JSON
    --color: string@"nu-complete mox generate color" # When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    --quiet(-q)               # Print nothing but the result and errors
    --verbose(-v)             # Say more about what is done
    --resolver: string        # Name server to ask instead of the system's, for commands that look names up
    --trust-anchor: path      # File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    --dnssec: string@"nu-complete mox generate dnssec" # Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC records; always own validation; the resolver wherever it is; nobody
    --help(-h)                # Print help
    what: string@"nu-complete mox generate what" # Which files
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox help" [
  ]

  # Run the mail server that the config describes
  export extern "mox help serve" [
  ]

  # Make the server a service of this system, start and stop it
  export extern "mox help service" [
  ]

  # Make the server a service that starts with the machine
  export extern "mox help service install" [
  ]

  # Remove the service; configuration and data stay
  export extern "mox help service uninstall" [
  ]

  # Start the service
  export extern "mox help service start" [
  ]

  # Stop the service
  export extern "mox help service stop" [
  ]

  # Ask the service manager how the service is
  export extern "mox help service status" [
  ]

  # Run a mail server for trying things: everything is caught, nothing leaves the machine
  export extern "mox help localserve" [
  ]

  # Wait until a message arrives, for scripts and tests
  export extern "mox help localserve wait" [
  ]

  # See and change by which rules the server fails on demand
  export extern "mox help localserve chaos" [
  ]

  # Show the rules in the order in which they are tried
  export extern "mox help localserve chaos list" [
  ]

  # Add a rule behind the others
  export extern "mox help localserve chaos add" [
  ]

  # Remove one rule
  export extern "mox help localserve chaos remove" [
  ]

  # Remove all rules
  export extern "mox help localserve chaos clear" [
  ]

  # Make a mail server for a domain: keys, configuration, account, and the DNS records to publish
  export extern "mox help quickstart" [
  ]

  # Show how the running server is
  export extern "mox help status" [
  ]

  # End the running server
  export extern "mox help stop" [
  ]

  # Show who is connected to the running server, and which networks are at a limit
  export extern "mox help connections" [
  ]

  # Show how much mail came and went, by hour and by day
  export extern "mox help traffic" [
  ]

  # Show who tried to log in
  export extern "mox help logins" [
  ]

  # Take a backup of config and data; the server may run
  export extern "mox help backup" [
  ]

  # Put a backup back into a new folder, or check it
  export extern "mox help restore" [
  ]

  # Say what this program would do with the data of another version
  export extern "mox help upgrade" [
  ]

  # Show the latest lines of the log of the running server
  export extern "mox help logs" [
  ]

  # Show or set the log levels of the running server
  export extern "mox help loglevels" [
  ]

  # List, read and delete stored messages
  export extern "mox help message" [
  ]

  # List messages, newest first
  export extern "mox help message list" [
  ]

  # Show one message: facts, header, text
  export extern "mox help message show" [
  ]

  # Print one message as it is stored
  export extern "mox help message cat" [
  ]

  # Print the HTML of one message, made safe to show
  export extern "mox help message html" [
  ]

  # Print one part of a message, decoded
  export extern "mox help message part" [
  ]

  # Show the SMTP exchange that brought a message
  export extern "mox help message transcript" [
  ]

  # Show what happened to a message
  export extern "mox help message events" [
  ]

  # Show how mail programs will take a message
  export extern "mox help message report" [
  ]

  # Take a message file apart, without a server
  export extern "mox help message parse" [
  ]

  # Print what arrives, changes and goes, as it happens
  export extern "mox help message watch" [
  ]

  # Mark messages as seen or not, give and take tags
  export extern "mox help message mark" [
  ]

  # Send copies of messages on to real recipients, through a relay
  export extern "mox help message release" [
  ]

  # Delete messages for good
  export extern "mox help message delete" [
  ]

  # List mailboxes: one for every address that mail came for
  export extern "mox help message mailboxes" [
  ]

  # List the tags that messages have
  export extern "mox help message tags" [
  ]

  # See and change what waits to be sent
  export extern "mox help queue" [
  ]

  # List queued messages
  export extern "mox help queue list" [
  ]

  # Show one queued message
  export extern "mox help queue show" [
  ]

  # Explain step by step what happened to a message and what comes next
  export extern "mox help queue explain" [
  ]

  # Put messages on hold
  export extern "mox help queue hold" [
  ]

  # Release messages from hold
  export extern "mox help queue unhold" [
  ]

  # Move the next attempt of messages
  export extern "mox help queue schedule" [
  ]

  # Give messages up now and tell their senders
  export extern "mox help queue fail" [
  ]

  # Remove messages without telling anybody
  export extern "mox help queue drop" [
  ]

  # Choose the transport of messages
  export extern "mox help queue transport" [
  ]

  # Say what TLS messages must have
  export extern "mox help queue requiretls" [
  ]

  # Print a queued message as it will be sent
  export extern "mox help queue dump" [
  ]

  # Show the queue again whenever it changes
  export extern "mox help queue watch" [
  ]

  # Wait until a message is delivered, failed or gone
  export extern "mox help queue wait" [
  ]

  # Rules that put new messages on hold
  export extern "mox help queue holdrules" [
  ]

  # Show the rules
  export extern "mox help queue holdrules list" [
  ]

  # Add a rule, and put on hold what is queued and matches
  export extern "mox help queue holdrules add" [
  ]

  # Remove a rule; what is on hold stays so
  export extern "mox help queue holdrules remove" [
  ]

  # Recipients that an account sends nothing more to
  export extern "mox help queue suppress" [
  ]

  # Show who is suppressed, and why
  export extern "mox help queue suppress list" [
  ]

  # Show whether an address is suppressed; exit status 3 if it is
  export extern "mox help queue suppress lookup" [
  ]

  # Suppress an address for an account
  export extern "mox help queue suppress add" [
  ]

  # Let an account send to an address again
  export extern "mox help queue suppress remove" [
  ]

  # Messages that left the queue
  export extern "mox help queue retired" [
  ]

  # List messages that left the queue, the latest first
  export extern "mox help queue retired list" [
  ]

  # Show one message that left the queue, with its attempts
  export extern "mox help queue retired show" [
  ]

  # Calls of webhooks of accounts
  export extern "mox help queue webhook" [
  ]

  # List calls that wait, the latest first
  export extern "mox help queue webhook list" [
  ]

  # Show one call, waiting or done, and what it says
  export extern "mox help queue webhook show" [
  ]

  # Take calls back that wait
  export extern "mox help queue webhook cancel" [
  ]

  # Move the next attempt of calls that wait
  export extern "mox help queue webhook schedule" [
  ]

  # List calls that are done, the latest first
  export extern "mox help queue webhook retired" [
  ]

  # Make one call with made-up content, and show the answer
  export extern "mox help queue webhook test" [
  ]

  # Check and explain the configuration
  export extern "mox help config" [
  ]

  # Check the config files
  export extern "mox help config test" [
  ]

  # Print the config as it is understood, without comments and passwords
  export extern "mox help config show" [
  ]

  # Show which files and folders are used
  export extern "mox help config path" [
  ]

  # Print what a service manager has to know to run the server
  export extern "mox help config printservice" [
  ]

  # Add, show, disable and remove accounts
  export extern "mox help config account" [
  ]

  # Show the accounts
  export extern "mox help config account list" [
  ]

  # Show an account: its addresses, what refers to it, what is stored
  export extern "mox help config account show" [
  ]

  # Add an account with an address
  export extern "mox help config account add" [
  ]

  # Remove an account; its mail stays unless --purge is given
  export extern "mox help config account rm" [
  ]

  # Change the name, description, quota or limits of an account
  export extern "mox help config account set" [
  ]

  # Let nobody log in to an account; mail is still received
  export extern "mox help config account disable" [
  ]

  # Allow logins to an account again
  export extern "mox help config account enable" [
  ]

  # Show the addresses of an account
  export extern "mox help config account addresses" [
  ]

  # Add, show and remove passwords of programs, beside that of the account
  export extern "mox help config account apppassword" [
  ]

  # Show the app passwords of an account, and when each was last used
  export extern "mox help config account apppassword list" [
  ]

  # Make an app password, and print it once
  export extern "mox help config account apppassword add" [
  ]

  # Take an app password away
  export extern "mox help config account apppassword rm" [
  ]

  # Add, show and remove addresses of accounts
  export extern "mox help config address" [
  ]

  # Show addresses and who has them
  export extern "mox help config address list" [
  ]

  # Give an account an address, or with @domain all of a domain that are not found otherwise
  export extern "mox help config address add" [
  ]

  # Take an address away
  export extern "mox help config address rm" [
  ]

  # Show the rulesets of an address: which mail goes to another mailbox
  export extern "mox help config address rulesets" [
  ]

  # Move a ruleset of an address to another place among them
  export extern "mox help config address mvruleset" [
  ]

  # Add, show, disable and remove domains
  export extern "mox help config domain" [
  ]

  # Show the domains
  export extern "mox help config domain list" [
  ]

  # Show a domain: its settings, addresses and aliases
  export extern "mox help config domain show" [
  ]

  # Add a domain, with keys to sign with and addresses for reports
  export extern "mox help config domain add" [
  ]

  # Remove a domain that has no addresses any more; key files stay
  export extern "mox help config domain rm" [
  ]

  # Change the description of a domain, or how its addresses are looked up
  export extern "mox help config domain set" [
  ]

  # Refuse mail for and from a domain for the time being
  export extern "mox help config domain disable" [
  ]

  # Take mail of a domain again
  export extern "mox help config domain enable" [
  ]

  # Add, show, change and remove addresses that lead to several others
  export extern "mox help config alias" [
  ]

  # Show the aliases of a domain, or of all
  export extern "mox help config alias list" [
  ]

  # Show an alias and its members
  export extern "mox help config alias show" [
  ]

  # Add an alias with its members
  export extern "mox help config alias add" [
  ]

  # Change who may send to an alias, see its members, and send as it
  export extern "mox help config alias update" [
  ]

  # Remove an alias
  export extern "mox help config alias rm" [
  ]

  # Add members to an alias
  export extern "mox help config alias addaddr" [
  ]

  # Take members of an alias away
  export extern "mox help config alias rmaddr" [
  ]

  # Add, show and remove TLS client keys that log in
  export extern "mox help config tlspubkey" [
  ]

  # Show the keys
  export extern "mox help config tlspubkey list" [
  ]

  # Show the key with a fingerprint
  export extern "mox help config tlspubkey get" [
  ]

  # Let the holder of a key log in as an address
  export extern "mox help config tlspubkey add" [
  ]

  # Take a key away
  export extern "mox help config tlspubkey rm" [
  ]

  # Make an Ed25519 key and a certificate that has it: STEM.key.pem and STEM.cert.pem
  export extern "mox help config tlspubkey gen" [
  ]

  # Show earlier versions of domains.conf, and what replaced them
  export extern "mox help config versions" [
  ]

  # Show what changed in domains.conf since a version
  export extern "mox help config diff" [
  ]

  # Check a whole new domains.conf, show what changes, and put it in effect
  export extern "mox help config apply" [
  ]

  # Put an earlier version of domains.conf in effect again
  export extern "mox help config rollback" [
  ]

  # Print examples of settings, with what they mean
  export extern "mox help config example" [
  ]

  # Check the records of a domain for mail, as `mox dnscheck` does
  export extern "mox help config dnscheck" [
  ]

  # Print the records that a domain should have, as `mox dnsrecords` does
  export extern "mox help config dnsrecords" [
  ]

  # Make private keys of hosts, so that DANE records stay when certificates are renewed
  export extern "mox help config ensureacmehostprivatekeys" [
  ]

  # Print every field of mox.conf with its documentation
  export extern "mox help config describe-static" [
  ]

  # Print every field of domains.conf with its documentation
  export extern "mox help config describe-domains" [
  ]

  # See and renew certificates from certificate authorities (ACME)
  export extern "mox help certificates" [
  ]

  # List names and their certificates: when each ends and is renewed, and what went wrong
  export extern "mox help certificates list" [
  ]

  # Have a new certificate of a name made now
  export extern "mox help certificates renew" [
  ]

  # Set the password of an account
  export extern "mox help setaccountpassword" [
  ]

  # Set the password of the administrator
  export extern "mox help setadminpassword" [
  ]

  # Check the stored data or a backup, and mend the data of a server that does not run
  export extern "mox help verifydata" [
  ]

  # Import messages from mbox files, maildirs and archives
  export extern "mox help import" [
  ]

  # Import an mbox file
  export extern "mox help import mbox" [
  ]

  # Import a maildir and the folders below it
  export extern "mox help import maildir" [
  ]

  # Import a tar or zip archive that holds maildirs or mbox files
  export extern "mox help import archive" [
  ]

  # Export messages as mbox files, maildirs and archives
  export extern "mox help export" [
  ]

  # Export mbox files
  export extern "mox help export mbox" [
  ]

  # Export a maildir
  export extern "mox help export maildir" [
  ]

  # Try mail with domains that pass and fail in every way
  export extern "mox help lab" [
  ]

  # List the domains of the lab: what each does, and what to expect
  export extern "mox help lab list" [
  ]

  # Show the running lab: its time, and what each domain does now
  export extern "mox help lab show" [
  ]

  # Send a message to a domain of a running lab, or one as that domain does
  export extern "mox help lab try" [
  ]

  # Print the private key with which mail from the lab's domains can be signed
  export extern "mox help lab key" [
  ]

  # Move the time of a running lab on
  export extern "mox help lab advance" [
  ]

  # Let a domain with a history do what it does next
  export extern "mox help lab step" [
  ]

  # Look names up, with what DNSSEC says of the answer
  export extern "mox help dns" [
  ]

  # Look up the records of a name, and say what DNSSEC says of them and why
  export extern "mox help dns lookup" [
  ]

  # Check whether an address may send mail for a domain (SPF)
  export extern "mox help spf" [
  ]

  # Check whether an address may send mail for a domain
  export extern "mox help spf check" [
  ]

  # Look up the record of a domain and those it includes, and count what they cost
  export extern "mox help spf lookup" [
  ]

  # Take a record apart, without asking DNS
  export extern "mox help spf parse" [
  ]

  # Sign messages, verify signatures, make keys (DKIM)
  export extern "mox help dkim" [
  ]

  # Verify all signatures of a message
  export extern "mox help dkim verify" [
  ]

  # Sign a message
  export extern "mox help dkim sign" [
  ]

  # Look up the public key of a selector, and check it
  export extern "mox help dkim lookup" [
  ]

  # Print the DNS record of a private key
  export extern "mox help dkim txt" [
  ]

  # Make an Ed25519 key
  export extern "mox help dkim gened25519" [
  ]

  # Make an RSA key
  export extern "mox help dkim genrsa" [
  ]

  # Look up and apply what domains ask for about forged mail (DMARC)
  export extern "mox help dmarc" [
  ]

  # Show which policy applies to mail of a domain, and how it is found
  export extern "mox help dmarc lookup" [
  ]

  # Verify SPF, DKIM and DMARC of a message
  export extern "mox help dmarc verify" [
  ]

  # Check that those whom a domain names for reports agreed to get them
  export extern "mox help dmarc checkreportaddrs" [
  ]

  # Read a record, an aggregate report or a failure report
  export extern "mox help dmarc parse" [
  ]

  # Show what DMARC was applied to, as far as it is not reported yet
  export extern "mox help dmarc results" [
  ]

  # Show what would be reported now, to whom, and what is withheld and why
  export extern "mox help dmarc preview" [
  ]

  # Send reports without waiting for their time
  export extern "mox help dmarc send-now" [
  ]

  # Show reports that were made, and what became of them
  export extern "mox help dmarc history" [
  ]

  # Explain step by step whether a report about a domain goes out, when and to whom
  export extern "mox help dmarc explain" [
  ]

  # Tell from received reports what would break under a stricter policy, and the record for the next step
  export extern "mox help dmarc readiness" [
  ]

  # Destinations that get no reports
  export extern "mox help dmarc suppress" [
  ]

  # Show which destinations get no reports, until when and why
  export extern "mox help dmarc suppress list" [
  ]

  # Send no reports to a destination
  export extern "mox help dmarc suppress add" [
  ]

  # Send reports to a destination again
  export extern "mox help dmarc suppress remove" [
  ]

  # Move the end of a suppression
  export extern "mox help dmarc suppress extend" [
  ]

  # Reports of others that arrived about mail from your domains
  export extern "mox help dmarc reports" [
  ]

  # List reports that arrived, with what passed and what did not
  export extern "mox help dmarc reports list" [
  ]

  # Show one report, row by row
  export extern "mox help dmarc reports show" [
  ]

  # Reports of others that arrived about single messages
  export extern "mox help dmarc failures" [
  ]

  # List reports about single messages that arrived
  export extern "mox help dmarc failures list" [
  ]

  # Show one, with the header of the message that it is about
  export extern "mox help dmarc failures show" [
  ]

  # Verify chains of authentication results (ARC)
  export extern "mox help arc" [
  ]

  # Verify the chain of a message
  export extern "mox help arc verify" [
  ]

  # Check that an address has a name that leads back to it
  export extern "mox help iprev" [
  ]

  # Check the records of a domain for mail: what is wrong, and what mends it
  export extern "mox help dnscheck" [
  ]

  # Look at everything: the machine, the config, certificates, ports, DNS, the running server
  export extern "mox help doctor" [
  ]

  # Print what mail programs of a domain's users have to know: host names, ports, TLS
  export extern "mox help clientconfig" [
  ]

  # Print the records that a domain of the configuration should have
  export extern "mox help dnsrecords" [
  ]

  # Ask DNS block lists
  export extern "mox help dnsbl" [
  ]

  # Ask a list about an address
  export extern "mox help dnsbl check" [
  ]

  # Check that a list works: it lists its test entries, and nothing that no list may
  export extern "mox help dnsbl checkhealth" [
  ]

  # Look up policies that ask for verified TLS (MTA-STS)
  export extern "mox help mtasts" [
  ]

  # Forget the policy of a domain, so that the next delivery looks anew
  export extern "mox help mtasts forget" [
  ]

  # List the policies that the running server remembers
  export extern "mox help mtasts list" [
  ]

  # Look up the record and the policy of a domain, and compare its mail hosts with it
  export extern "mox help mtasts lookup" [
  ]

  # Look up where reports about TLS go (TLSRPT)
  export extern "mox help tlsrpt" [
  ]

  # Look up where reports about TLS to a domain go
  export extern "mox help tlsrpt lookup" [
  ]

  # Show how TLS went with others, as far as it is not reported yet
  export extern "mox help tlsrpt results" [
  ]

  # Show what would be reported now, to whom, and what is withheld and why
  export extern "mox help tlsrpt preview" [
  ]

  # Send reports without waiting for their time
  export extern "mox help tlsrpt send-now" [
  ]

  # Show reports that were made, and what became of them
  export extern "mox help tlsrpt history" [
  ]

  # Explain step by step whether a report about a domain goes out, when and to whom
  export extern "mox help tlsrpt explain" [
  ]

  # Destinations that get no reports
  export extern "mox help tlsrpt suppress" [
  ]

  # Show which destinations get no reports, until when and why
  export extern "mox help tlsrpt suppress list" [
  ]

  # Send no reports to a destination
  export extern "mox help tlsrpt suppress add" [
  ]

  # Send reports to a destination again
  export extern "mox help tlsrpt suppress remove" [
  ]

  # Move the end of a suppression
  export extern "mox help tlsrpt suppress extend" [
  ]

  # Reports of others that arrived
  export extern "mox help tlsrpt reports" [
  ]

  # List reports that arrived, with what fails, where and since when
  export extern "mox help tlsrpt reports list" [
  ]

  # Show one report in sentences
  export extern "mox help tlsrpt reports show" [
  ]

  # Tell in sentences what a report says, from a file or message
  export extern "mox help tlsrpt parse" [
  ]

  # Show what received reports tell, about mail (DMARC) and about TLS
  export extern "mox help reports" [
  ]

  # Show how much mail and how many TLS sessions passed and failed, by who sends and by host
  export extern "mox help reports summary" [
  ]

  # Tell in sentences why mail and TLS sessions fail, and what mends it, the worst first
  export extern "mox help reports causes" [
  ]

  # Name reporters that used to report and fell silent
  export extern "mox help reports silent" [
  ]

  # Make TLSA records, and compare mail hosts with theirs (DANE)
  export extern "mox help dane" [
  ]

  # Connect to a mail host and compare its certificate with its TLSA records
  export extern "mox help dane dial" [
  ]

  # Do that for every mail host of a domain
  export extern "mox help dane dialmx" [
  ]

  # Make the TLSA record for a certificate or key
  export extern "mox help dane makerecord" [
  ]

  # Try out what a delivery would meet
  export extern "mox help deliver" [
  ]

  # Do what a delivery would do up to MAIL FROM, and tell each step
  export extern "mox help deliver check" [
  ]

  # Connect to mail hosts and look at what they show
  export extern "mox help smtp" [
  ]

  # Connect to a mail host and tell what it offers, and how its TLS verifies
  export extern "mox help smtp dial" [
  ]

  # Ask domain registries
  export extern "mox help rdap" [
  ]

  # Look up when a domain was registered
  export extern "mox help rdap domainage" [
  ]

  # Submit a message as the classic sendmail program does
  export extern "mox help sendmail" [
  ]

  # Show the version of this program
  export extern "mox help version" [
  ]

  # Print the completion script of a shell
  export extern "mox help completion" [
  ]

  # Write the generated files: man pages and completions
  export extern "mox help generate" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "mox help help" [
  ]

}

export use completions *
