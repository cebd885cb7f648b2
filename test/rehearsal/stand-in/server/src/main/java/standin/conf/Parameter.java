package standin.conf;

import org.w3c.dom.Element;
import standin.StartupFailure;

/** A &lt;parameter&gt; of axis2.xml: text, or an element when it has child elements. Axis2: DescriptionBuilder */
public final class Parameter {
    private final Element element;

    Parameter(Element element) {
        this.element = element;
    }

    public String name() {
        return Xml.attribute(element, "name");
    }

    public Element element() {
        return element;
    }

    /** The text, untrimmed; Axis2 gives the element where there are child elements, and Carbon's cast then fails. */
    public String value(String logger) throws StartupFailure {
        if (!Xml.children(element).isEmpty()) {
            throw new StartupFailure(logger, "The parameter " + name() + " has child elements where a text is expected");
        }
        Xml.refuseSecretAlias(element, logger);
        return Xml.text(element);
    }

    public int number(String logger) throws StartupFailure {
        String text = value(logger).trim();
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new StartupFailure(logger, "The parameter " + name() + " is not a number", e);
        }
    }
}
