"""Knowledge as tables: layer classes, operators, training, versions."""
