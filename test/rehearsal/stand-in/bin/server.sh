#!/bin/sh
# Starts a stand-in for WSO2 Carbon. It takes what the product's own script takes, and treats it alike:
#
#   JAVA_HOME       must be set, and have bin/java
#   JAVA_OPTS       handed on, before the options set here: -DworkerNode=true in it has no effect, as an argument it has
#   JVM_MEM_OPTS    replaces the memory options
#   CARBON_HOME     the folder above this one, unless set
#
# Arguments: start, stop, restart, version (also with one or two dashes); without one of them the server runs in the
# foreground, as this process. -Dname=value arguments are handed on.

program="$0"
while [ -h "$program" ]; do
    target=$(readlink "$program")
    case "$target" in
        /*) program="$target" ;;
        *) program="$(dirname "$program")/$target" ;;
    esac
done
[ -z "$CARBON_HOME" ] && CARBON_HOME=$(cd "$(dirname "$program")/.." && pwd)
export CARBON_HOME
pid_file="$CARBON_HOME/wso2carbon.pid"

if [ -z "$JAVACMD" ]; then
    if [ -n "$JAVA_HOME" ]; then
        JAVACMD="$JAVA_HOME/bin/java"
    else
        JAVACMD=java
    fi
fi
# A bare "java" is no file here: without JAVA_HOME the product's script ends at this place, too.
if [ ! -x "$JAVACMD" ]; then
    echo "Error: JAVA_HOME is not defined correctly."
    echo " CARBON cannot execute $JAVACMD"
    exit 1
fi
if [ -z "$JAVA_HOME" ]; then
    echo "You must set the JAVA_HOME variable before running CARBON."
    exit 1
fi

running() {
    [ -e "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null
}

run_in_background() {
    # shellcheck disable=SC2086
    nohup sh "$CARBON_HOME/bin/@script@" $arguments > /dev/null 2>&1 &
    exit 0
}

command=run
arguments=""
for argument in "$@"; do
    case "$argument" in
        start|-start|--start) command=start ;;
        stop|-stop|--stop) command=stop ;;
        restart|-restart|--restart) command=restart ;;
        version|-version|--version) command=version ;;
        *) arguments="$arguments $argument" ;;
    esac
done

case "$command" in
    start)
        if running; then
            echo "Process is already running"
            exit 0
        fi
        run_in_background
        ;;
    stop)
        kill -TERM "$(cat "$pid_file")"
        exit 0
        ;;
    restart)
        kill -TERM "$(cat "$pid_file")"
        while running; do sleep 1; done
        run_in_background
        ;;
    version)
        cat "$CARBON_HOME/bin/version.txt" "$CARBON_HOME/bin/wso2carbon-version.txt"
        exit 0
        ;;
esac

# "1.8.0_392" is 8, "17.0.15" is 17.
java_version=$("$JAVACMD" -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1)
java_from="@java_from@"
java_to="@java_to@"
if [ "$java_version" -lt "$java_from" ] || [ "$java_version" -gt "$java_to" ]; then
    echo " Starting WSO2 Carbon (in unsupported JDK)"
    echo " [ERROR] CARBON is supported only on JDK $java_from to $java_to"
fi

echo "JAVA_HOME environment variable is set to $JAVA_HOME"
echo "CARBON_HOME environment variable is set to $CARBON_HOME"
cd "$CARBON_HOME" || exit 1
mkdir -p tmp
rm -rf tmp/*

# What Hazelcast asks for on Java 9 and later; Java 8 does not know these options.
modules=""
if [ "$java_version" -ge 9 ]; then
    modules="--add-modules java.se
        --add-exports java.base/jdk.internal.ref=ALL-UNNAMED
        --add-opens java.base/java.lang=ALL-UNNAMED
        --add-opens java.base/java.nio=ALL-UNNAMED
        --add-opens java.base/sun.nio.ch=ALL-UNNAMED
        --add-opens java.management/sun.management=ALL-UNNAMED
        --add-opens jdk.management/com.sun.management.internal=ALL-UNNAMED"
fi

# exec: this process becomes the server, so its pid is the one to stop.
# @quiet@: no calls to Hazelcast's makers from a test; the product itself leaves them on.
echo $$ > "$pid_file"
# shellcheck disable=SC2086,SC2016
exec "$JAVACMD" \
    ${JVM_MEM_OPTS:--Xms32m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1} \
    $modules \
    $JAVA_OPTS \
    -D@quiet@=false \
    -classpath "$CARBON_HOME/@plugins@/*:$CARBON_HOME/@lib@/*" \
    -Djava.io.tmpdir="$CARBON_HOME/tmp" \
    -Djava.util.logging.manager='standin.log.LogBridges$KeepingLogManager' \
    -Djava.security.egd=file:/dev/./urandom \
    -Djava.net.preferIPv4Stack=true \
    -Dfile.encoding=UTF8 \
    -Dcarbon.home="$CARBON_HOME" \
    -Dcarbon.config.dir.path="$CARBON_HOME/@conf@" \
    -DworkerNode=false \
    standin.Main $arguments
