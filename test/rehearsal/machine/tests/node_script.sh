#!/bin/bash
# User data of the test's nodes: what a boot script does, in small. It speaks with each thing the rehearsal stands in
# for, and ends with a service behind the load balancer.
set -euo pipefail
mkdir -p /var/log/carbon-cluster /opt/app
exec > >(tee -a /var/log/carbon-cluster/boot.log) 2>&1
export AWS_DEFAULT_REGION=us-east-1

metadata() { curl -sf -H "X-aws-ec2-metadata-token: $TOKEN" "http://169.254.169.254/latest/meta-data/$1"; }
TOKEN=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
ID=$(metadata instance-id)
echo "phase metadata $ID $(metadata local-ipv4) $(metadata placement/availability-zone) $(metadata tags/instance/Name)"
[ "$(hostname -f)" = "$(metadata local-hostname)" ]

echo "phase caller $(aws sts get-caller-identity --query Arn --output text)"
echo "phase instances $(aws ec2 describe-instances --filters Name=instance-state-name,Values=running \
    --query 'length(Reservations[].Instances[])' --output text)"
aws s3 cp s3://rehearsal-test-bucket/greeting.txt /opt/app/greeting.txt --no-progress

curl -sf https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem -o /opt/app/database-ca.pem
sysctl -q -w net.ipv4.tcp_keepalive_time=120

echo "phase database"
mysql --host=db.cluster-1.us-east-1.rds.amazonaws.com --user=admin --password='pass'"'"'word' \
    --ssl-ca=/opt/app/database-ca.pem --ssl-verify-server-cert --batch --skip-column-names \
    -e "SELECT 'phase tls', VARIABLE_VALUE FROM performance_schema.session_status WHERE VARIABLE_NAME='Ssl_version';
        CREATE DATABASE IF NOT EXISTS seen CHARACTER SET latin1; USE seen;
        CREATE TABLE IF NOT EXISTS nodes (id VARCHAR(40) PRIMARY KEY); REPLACE INTO nodes VALUES ('$ID');"

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=node -keyout /opt/app/key -out /opt/app/crt 2> /dev/null
cat > /opt/app/server.py <<'EOF'
import http.server, socket, ssl, sys, uuid

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        known = self.path.startswith(('/carbon', '/services/Version', '/echo'))
        body = (sys.argv[1] + '\n' + str(self.headers)).encode()
        self.send_response(200 if known else 404)
        if 'JSESSIONID' not in str(self.headers.get('Cookie')):
            self.send_header('Set-Cookie', f'JSESSIONID={uuid.uuid4().hex}; Path=/')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('/opt/app/crt', '/opt/app/key')
server = Server(('', int(sys.argv[2])), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
EOF
for port in 9443 8243; do
cat > /etc/systemd/system/app-$port.service <<EOF
[Unit]
After=network.target
[Service]
ExecStart=/usr/bin/python3 /opt/app/server.py $ID $port
Restart=always
LimitNOFILE=65535
[Install]
WantedBy=multi-user.target
EOF
systemctl enable --now app-$port.service
done
echo "phase started"
