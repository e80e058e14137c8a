# Signs or verifies many messages with Mail::DKIM, in one process: verify DIR | sign DIR RSA. RSA only.
# In DIR: `keys`, one name and one key record a line, and the messages `NNNN.eml`; see dkim.rs.
use strict;
use warnings;
use Mail::DKIM::Verifier;
use Mail::DKIM::Signer;
use Mail::DKIM::DNS;
use Net::DNS;

my ($mode, $folder, $key) = @ARGV;
my %keys;
open(my $records, '<', "$folder/keys") or die $!;
while (<$records>) { chomp; my ($name, $text) = split / /, $_, 2; $keys{$name} = $text; }
{
    no warnings 'redefine';
    *Mail::DKIM::DNS::query = sub {
        my ($name, $type) = @_;
        my $text = $keys{$name} or return;
        return Net::DNS::RR->new(name => $name, type => 'TXT', txtdata => [unpack('(a200)*', $text)]);
    };
}
my @ways = map { my $h = $_; map { "$h/$_" } qw(simple relaxed) } qw(simple relaxed);
opendir(my $dir, $folder) or die $!;
for my $name (sort grep { /\.eml$/ } readdir $dir) {
    my ($number) = $name =~ /^(\d+)/;
    open(my $file, '<:raw', "$folder/$name") or die $!;
    my $message = do { local $/; <$file> };
    $message =~ s/\r?\n/\r\n/g;
    my $result = eval {
        my $dkim = $mode eq 'verify' ? Mail::DKIM::Verifier->new : Mail::DKIM::Signer->new(
            Algorithm => 'rsa-sha256', Method => $ways[$number % 4], Domain => 'example.org', Selector => 'rsa',
            KeyFile => $key);
        $dkim->PRINT($message);
        $dkim->CLOSE;
        return $dkim->result if $mode eq 'verify';
        open(my $out, '>:raw', "$folder/" . ($name =~ s/\.eml$/.out/r)) or die $!;
        print $out $dkim->signature->as_string, "\r\n", $message;
        close $out;
        'signed';
    } // "error $@";
    chomp $result;
    print "$name $result\n";
}
