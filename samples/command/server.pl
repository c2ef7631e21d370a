# A small HTTP server on Perl's own modules: any program that listens on $PORT will do.
use strict;
use warnings;
use IO::Socket::INET;

$| = 1;
my $port = $ENV{PORT} // die "no PORT\n";
my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 64, ReuseAddr => 1) or die "cannot listen on $port: $!\n";
local $SIG{TERM} = sub { print "stopping\n"; exit 0 };
local $SIG{PIPE} = 'IGNORE';
print "listening on $port\n";
while (1) {
    my $client = $server->accept or next;
    my $line = <$client> // '';
    while (defined(my $header = <$client>)) { last if $header =~ /^\r?\n$/ }
    exit 1 if $line =~ m{^GET /crash };
    my $body = "hello from instance " . ($ENV{CF_INSTANCE_INDEX} // '?') . ", greeting '" . ($ENV{GREETING} // '') . "'\n";
    print $client "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: ", length $body, "\r\n\r\n", $body;
    close $client;
}
