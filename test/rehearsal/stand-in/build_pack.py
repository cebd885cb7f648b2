#!/usr/bin/env python3
"""Builds the pack of a stand-in Carbon: a zip that looks like a product's home, and its checksum beside it.

    python3 build_pack.py --product wso2am --version 2.2.0 --kernel 4.4.26 --hazelcast 3.5.4 --out wso2am-2.2.0.zip

The same arguments make the same bytes as long as target/ stays: the key stores are made once and kept there.
"""
import argparse
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE / 'target'
PASSWORD = 'wso2carbon'
ZIP_TIME = (2026, 1, 1, 0, 0, 0)

TITLES = {
    'wso2am': 'WSO2 API Manager', 'wso2as': 'WSO2 Application Server', 'wso2ei': 'WSO2 Enterprise Integrator',
    'wso2elb': 'WSO2 Elastic Load Balancer', 'wso2greg': 'WSO2 Governance Registry', 'wso2is': 'WSO2 Identity Server',
}

# carbon.md section 10.1: the names of the start scripts since API Manager 4.0.
API_MANAGER_4_SCRIPTS = {
    'wso2am': 'api-manager.sh', 'wso2am-acp': 'api-cp.sh', 'wso2am-universal-gw': 'gateway.sh', 'wso2am-tm': 'traffic-manager.sh',
}

# carbon.md section 10.1: first version of a range, and its profiles.
API_MANAGER_PROFILES = [
    ((1, 10), 'api-key-manager,api-publisher,api-store,gateway-manager,gateway-worker'),
    ((2, 0), 'api-key-manager,api-publisher,api-store,gateway-manager,gateway-worker,traffic-manager'),
    ((2, 5), 'api-key-manager,api-publisher,api-store,gateway-worker,traffic-manager'),
    ((3, 0), 'api-devportal,api-key-manager,api-publisher,gateway-worker,traffic-manager'),
    ((4, 0), 'control-plane,gateway-worker,traffic-manager,api-key-manager-deprecated,api-publisher-deprecated,api-devportal-deprecated'),
    ((4, 2), 'control-plane,gateway-worker,traffic-manager,api-key-manager-deprecated,api-key-manager-node'),
]

# carbon.md section 10.3: first kernel of a range, and the Java versions its script accepts. Before 4.4: WSO2-ELB.md section 8.
JAVA_VERSIONS = [((4, 1), 6, 7), ((4, 4), 7, 8), ((4, 5), 7, 11), ((4, 8), 11, 17), ((4, 10), 11, 21), ((4, 12), 21, 99)]

# First version of a Hazelcast generation, the module with its adapter, and the artifact on Maven Central.
HAZELCAST = [
    ((3, 5), 'hazelcast-3.5', 'hazelcast-all'),
    ((3, 12), 'hazelcast-3.12', 'hazelcast-all'),
    ((4, 2), 'hazelcast-4.2', 'hazelcast-all'),
    ((5, 3), 'hazelcast-5.3', 'hazelcast'),
]

# First kernel of a range, and its Tomcat: read in carbon-parent (Maven Central) of 4.4.1, .3, .7, .26, .32, .36 and .40;
# carbon.md section 8.4 for 4.4.11.
# It matters for TLS: until 7.0.68 the default ciphers include RSA key exchange, from 7.0.69 on they do not.
TOMCAT_7 = [((4, 4), '7.0.59'), ((4, 4, 7), '7.0.69'), ((4, 4, 11), '7.0.73'), ((4, 4, 26), '7.0.85'), ((4, 4, 40), '7.0.93')]

JDBC = {'mariadb': 'org.mariadb.jdbc:mariadb-java-client:2.7.12', 'mysql': 'mysql:mysql-connector-java:5.1.49'}

# carbon.md section 8.9: which of the shipped files have CRLF line ends.
CRLF = {
    'wso2as': ['axis2/axis2.xml'], 'wso2greg': ['axis2/axis2.xml', 'registry.xml'],
    'wso2am': ['registry.xml'], 'wso2ei': ['registry.xml'],
}


def numbers(version):
    return tuple(int(part) for part in re.findall(r'\d+', version))


def last_not_above(table, version):
    """The last row of a table of ranges whose first version is not above this one."""
    rows = [row for row in table if row[0] <= numbers(version)]
    return rows[-1] if rows else table[0]


class Pack:
    """What the arguments mean for the layout."""

    def __init__(self, arguments):
        self.product, self.version = arguments.product, arguments.version
        self.kernel, self.hazelcast = arguments.kernel, arguments.hazelcast
        self.name = f'{self.product}-{self.version}'
        self.is_ei = self.product == 'wso2ei'
        self.is_api_manager = self.product.startswith('wso2am')
        self.is_load_balancer = self.product == 'wso2elb'
        # carbon.md section 2: TOML from kernel 4.5 on, except EI 6.6.
        self.is_toml = numbers(self.kernel) >= (4, 5) and not self.is_ei
        # carbon.md section 8.1
        self.conf = 'conf' if self.is_ei else 'repository/conf'
        self.lib = 'lib' if self.is_ei else 'repository/components/lib'
        self.plugins = 'wso2/components/plugins' if self.is_ei else 'repository/components/plugins'
        # carbon.md sections 2 and 8.4
        self.tomcat = 'tomcat-7' if numbers(self.kernel) < (4, 5) else 'tomcat-9'

    @property
    def title(self):
        return TITLES.get(self.product, self.product)

    @property
    def script(self):
        if self.is_ei:
            return 'integrator.sh'
        if self.is_api_manager and numbers(self.version) >= (4, 0):
            return API_MANAGER_4_SCRIPTS[self.product]
        return 'wso2server.sh'

    @property
    def profiles(self):
        return last_not_above(API_MANAGER_PROFILES, self.version)[1] if self.product == 'wso2am' else ''

    def fill(self, text):
        """Puts values for @names@, and for the build placeholders that the vendor's sources still have."""
        values = {
            '@title@': self.title, '@key@': self.product.upper(), '@version@': self.version,
            '${product.name}': self.title, '${product.key}': self.product.upper(), '${product.version}': self.version,
            '@product.version@': self.version, '${default.server.role}': self.product.upper(),
            '${require.carbon.servlet}': 'false', '${p2.repo.url}': 'http://p2.example.org/',
            '@product_db@': 'apim_db' if self.is_api_manager else 'identity_db',
            '@product_file@': 'WSO2AM_DB' if self.is_api_manager else 'WSO2IDENTITY_DB',
        }
        for name, value in values.items():
            text = text.replace(name.encode(), value.encode())
        return text


def run(command, **options):
    if shutil.which(command[0]) is None:
        sys.exit(f'{command[0]} is not installed; the stand-in is built with Maven and a JDK')
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        sys.exit(f'{done.stdout}\n{" ".join(map(str, command))}: exit code {done.returncode}')
    return done.stdout


def sources():
    """Everything Maven builds from."""
    return sorted(path for pattern in ('**/*.java', '**/pom.xml', '*/src/main/resources/**/*')
                  for path in HERE.glob(pattern) if path.is_file() and 'target' not in path.parts)


@contextlib.contextmanager
def one_at_a_time():
    """Several packs may be asked for at once; Maven's target folders are shared."""
    TARGET.mkdir(exist_ok=True)
    with open(TARGET / 'lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build_jars():
    """Runs Maven, unless nothing changed since the last time."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(str(path.relative_to(HERE)).encode() + b'\0' + path.read_bytes())
    mark = TARGET / 'built'
    if mark.is_file() and mark.read_text() == digest.hexdigest():
        return
    run(['mvn', '--batch-mode', '--quiet', '-Dstyle.color=never', '-DskipTests', 'clean', 'package'], cwd=HERE)
    mark.write_text(digest.hexdigest())


def fetch(coordinates):
    """A jar of Maven Central, kept in target/jars."""
    _, artifact, version = coordinates.split(':')
    jar = TARGET / 'jars' / f'{artifact}-{version}.jar'
    if not jar.is_file():
        run(['mvn', '--batch-mode', '--quiet', '-Dstyle.color=never', 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy',
             f'-Dartifact={coordinates}', f'-DoutputDirectory={jar.parent}'], cwd=HERE)
    return jar


def plugin_jars(pack):
    """The jars of the server: shared ones, Tomcat's, and those of one Hazelcast generation."""
    _, module, artifact = last_not_above(HAZELCAST, pack.hazelcast)
    # Jars named stand-in-... are this build's; a jar of the same name elsewhere would be a surprise.
    modules = ['server', pack.tomcat, module] + (['elb'] if pack.is_load_balancer else [])
    jars = [jar for folder in modules for jar in (HERE / folder / 'target').glob('stand-in-*.jar')]
    for folder in ('server', pack.tomcat):
        jars += (HERE / folder / 'target' / 'lib').glob('*.jar')
    if pack.tomcat == 'tomcat-7':
        _, tomcat = last_not_above(TOMCAT_7, pack.kernel)
        jars = [jar for jar in jars if not jar.name.startswith('tomcat-embed-')]
        jars += [fetch(f'org.apache.tomcat.embed:{name}:{tomcat}') for name in ('tomcat-embed-core', 'tomcat-embed-logging-juli')]
    # Until 4.2 the first release of a line is published without its zero: 3.5.0 is 3.5.
    published = re.sub(r'^([34]\.\d+)\.0$', r'\1', pack.hazelcast)
    return jars + [fetch(f'com.hazelcast:{artifact}:{published}')]


def key_stores():
    """wso2carbon.jks with one key pair, and client-truststore.jks that trusts it. Made once, so that packs stay the same bytes."""
    folder = TARGET / 'security'
    if (folder / 'client-truststore.jks').is_file():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    store = ['-storetype', 'JKS', '-storepass', PASSWORD, '-alias', 'wso2carbon']
    run(['keytool', '-genkeypair', '-keystore', folder / 'wso2carbon.jks', *store, '-keypass', PASSWORD, '-keyalg', 'RSA', '-keysize', '2048',
         '-sigalg', 'SHA256withRSA', '-validity', '3650', '-dname', 'CN=localhost, O=Stand-in', '-ext', 'san=dns:localhost'])
    run(['keytool', '-exportcert', '-keystore', folder / 'wso2carbon.jks', *store, '-file', folder / 'wso2carbon.crt'])
    run(['keytool', '-importcert', '-noprompt', '-keystore', folder / 'client-truststore.jks', *store, '-file', folder / 'wso2carbon.crt'])
    return folder


def configuration(pack, given):
    """The configuration folder: this project's layers, and the given folder over them."""
    if pack.is_toml:
        layers = ['toml']
    else:
        layers = ['xml'] + (['ei'] if pack.is_ei else ['gateway'] if pack.is_api_manager else ['elb'] if pack.is_load_balancer else [])
    # log4j2 came with kernel 4.5, in EI 6.6 too.
    files = {}
    for layer in layers:
        folder = HERE / 'conf' / layer
        for path in sorted(path for path in folder.rglob('*') if path.is_file()):
            name = path.relative_to(folder).as_posix()
            text = pack.fill(path.read_bytes())
            files[name] = text.replace(b'\n', b'\r\n') if not pack.is_toml and name in CRLF.get(pack.product, []) else text
    if pack.is_ei and numbers(pack.kernel) >= (4, 5):
        del files['log4j.properties']
        files['log4j2.properties'] = (HERE / 'conf/toml/log4j2.properties').read_bytes()
    for path in sorted(path for path in given.rglob('*') if path.is_file()) if given else []:
        files[path.relative_to(given).as_posix()] = pack.fill(path.read_bytes())
    return {f'{pack.conf}/{name}': text for name, text in files.items()}


def database_scripts(pack):
    """carbon.md section 10.4 and node.md section 6: their names, and that the plain script of the 4.4 kernels fails in strict mode."""
    folder = HERE / 'dbscripts'
    own = {'wso2is': ['identity'], 'wso2greg': ['apimgt']}
    folders = ['', *(['apimgt', 'mb-store'] if pack.is_api_manager else own.get(pack.product, []))]
    # Consent management came to Identity Server with 5.5.
    if pack.is_toml or (pack.product == 'wso2is' and numbers(pack.version) >= (5, 5)):
        folders.append('consent')
    kernel = numbers(pack.kernel)
    if pack.product == 'wso2is':
        # User-managed access came with 5.7 and went with 7.0, agents came with 7.2.
        version = numbers(pack.version)
        folders += ['identity/uma'] if (5, 7) <= version < (7,) else []
        folders += ['identity/agent'] if version >= (7, 2) else []
    files = {}
    for path in sorted(folder.rglob('*.sql')):
        name = path.relative_to(folder).as_posix()
        text = path.read_bytes()
        if str(Path(name).parent).replace('.', '') not in folders:
            continue
        if kernel < (4, 5):
            if kernel >= (4, 4, 7):
                files[name.replace('mysql.sql', 'mysql-5.7.sql' if name.startswith('identity/') else 'mysql5.7.sql')] = text
            text = text.replace(b'DEFAULT CURRENT_TIMESTAMP', b'DEFAULT 0')
        files[name] = text
    return {f'dbscripts/{name}': text for name, text in files.items()}


def start_script(pack):
    _, java_from, java_to = last_not_above(JAVA_VERSIONS, pack.kernel)
    text = (HERE / 'bin/server.sh').read_text()
    values = {
        '@script@': pack.script, '@java_from@': str(java_from), '@java_to@': str(java_to), '@plugins@': pack.plugins, '@conf@': pack.conf,
        '@lib@': pack.lib,
        '@quiet@': 'hazelcast.version.check.enabled' if numbers(pack.hazelcast) < (3, 6) else 'hazelcast.phone.home.enabled',
    }
    for name, value in values.items():
        text = text.replace(name, value)
    return text.encode()


def notes(pack):
    properties = {
        'title': pack.title, 'product': pack.product, 'version': pack.version, 'kernel': pack.kernel, 'hazelcast': pack.hazelcast,
        'configuration': 'toml' if pack.is_toml else 'xml', 'profiles': pack.profiles,
    }
    return {
        'stand-in.properties': ''.join(f'{key}={value}\n' for key, value in properties.items()).encode(),
        'STAND-IN.txt': f'A stand-in for {pack.title} {pack.version}. This is not {pack.title}, and holds nothing of it.\n'.encode(),
        'bin/version.txt': f'Stand-in for {pack.title} v{pack.version}\n'.encode(),
        'bin/wso2carbon-version.txt': f'Stand-in for WSO2 Carbon Framework v{pack.kernel}\n'.encode(),
    }


def contents(pack, arguments):
    """Every file of the home: relative name and bytes."""
    files = {**notes(pack), **configuration(pack, arguments.conf), **database_scripts(pack)}
    files[f'bin/{pack.script}'] = start_script(pack)
    for jar in plugin_jars(pack):
        files[f'{pack.plugins}/{jar.name}'] = jar.read_bytes()
    if arguments.jdbc != 'none':
        jar = fetch(JDBC[arguments.jdbc])
        files[f'{pack.lib}/{jar.name}'] = jar.read_bytes()
    for name in ('wso2carbon.jks', 'client-truststore.jks'):
        files[f'repository/resources/security/{name}'] = (key_stores() / name).read_bytes()
    # Folders that the products have, and that would be empty.
    for folder in (pack.lib, 'repository/database', 'repository/logs', 'repository/deployment/server', 'tmp'):
        files.setdefault(f'{folder}/README.txt', b'Part of a stand-in.\n')
    return files


def write_zip(out, top, files):
    """Sorted, with one fixed time, scripts executable; first to another name, so that nobody sees half a pack."""
    part = out.with_name(out.name + '.part')
    with zipfile.ZipFile(part, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f'{top}/{name}', ZIP_TIME)
            entry.external_attr = (0o100755 if name.endswith('.sh') else 0o100644) << 16
            # A jar is compressed already.
            entry.compress_type = zipfile.ZIP_STORED if name.endswith('.jar') else zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    os.replace(part, out)


def write_checksum(out):
    checksum = hashlib.sha256(out.read_bytes()).hexdigest()
    out.with_name(out.name + '.sha256').write_text(f'{checksum}  {out.name}\n')
    return checksum


def parse(command_line):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--product', required=True, help='name of the pack: wso2am, wso2as, wso2ei, wso2elb, wso2greg, wso2is ...')
    parser.add_argument('--version', required=True, help="the product's version")
    parser.add_argument('--kernel', required=True, help="version of the product's Carbon kernel: decides what is read, and how")
    parser.add_argument('--hazelcast', required=True, help="version of Hazelcast, as on Maven Central; for wso2elb the nodes' version")
    parser.add_argument('--conf', type=Path, help="a configuration folder to lay over the stand-in's own, such as the vendor's")
    parser.add_argument('--jdbc', choices=['mariadb', 'mysql', 'none'], default='mysql', help='the driver in the pack (default: mysql)')
    parser.add_argument('--out', required=True, type=Path, help='the zip')
    return parser.parse_args(command_line)


def main(command_line=None):
    arguments = parse(command_line)
    pack = Pack(arguments)
    if arguments.conf and not arguments.conf.is_dir():
        sys.exit(f'--conf: {arguments.conf} is not a folder')
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with one_at_a_time():
        build_jars()
        files = contents(pack, arguments)
    write_zip(arguments.out, pack.name, files)
    print(f'{arguments.out}: {write_checksum(arguments.out)}')


if __name__ == '__main__':
    main()
