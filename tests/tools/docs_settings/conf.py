# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of Sphinx for ``make docs``."""

import os

project = "wecom.kf"
copyright = "the wecom.kf contributors"  # noqa: A001 -- the name of the setting
html_title = "wecom.kf"
html_static_path = ["static"]
html_css_files = ["site.css"]
extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
html_theme = "furo"
html_theme_options = {"source_repository": "https://github.com/wecom-kf/wecom.kf/", "source_branch": "main"}
html_show_sphinx = False
html_use_index = False
html_copy_source = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
nitpicky = True
smartquotes = False  # the pages hold Chinese, and messages that are quoted as they are
antsibull_ext_color_scheme = "default-autodark"
intersphinx_mapping = {
    "ansible": ("https://docs.ansible.com/projects/ansible/latest/", os.environ["DOCS_INVENTORY"]),
}
